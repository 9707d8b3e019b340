"""Logs are JSON lines of ids and counts, by allow-list: what is not named here never reaches a log."""

import json
import logging
from datetime import UTC, datetime

ALLOWED = ("action", "channel", "count", "error", "row", "port", "case")
QUIET = (
    "httpx",
    "httpcore",
    "telegram",
    "linebot",
    "apscheduler",
    "uvicorn",
    "asyncio",
    "sqlalchemy",
    "aiosqlite",
    "alembic",
)


class Lines(logging.Formatter):
    """One JSON object a line; exceptions by their type and place only, because their words may be somebody's."""

    def format(self, record: logging.LogRecord) -> str:
        said = {"at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")}
        said |= {"level": record.levelname.lower(), "from": record.name, "message": str(record.msg)}
        said |= {k: record.__dict__[k] for k in ALLOWED if k in record.__dict__}
        if record.exc_info and record.exc_info[0]:
            said["error"] = record.exc_info[0].__name__
            trace = record.exc_info[2]
            while trace and trace.tb_next:
                trace = trace.tb_next
            if trace:
                said["error"] += f" {trace.tb_frame.f_code.co_name}:{trace.tb_lineno}"
        return json.dumps(said, ensure_ascii=False)


def start(level: str = "INFO") -> None:
    """Everything to standard error. Other people's libraries log URLs with tokens and words: warnings only."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
