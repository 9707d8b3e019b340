"""Signatures and secrets are compared in constant time: `==` on what is called one turns this red."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
SECRET = re.compile(r"secret|token|signature|digest|hmac|password|(^|_)mac$|api_key", re.IGNORECASE)
NAMES = {"SIGNATURE", "SECRET_HEADER"}  # names of headers, not what stands in them


def compared(code: str) -> list[str]:
    """Comparisons by `==` and `!=` of which a side is called a secret."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
            sides = [
                s.attr if isinstance(s, ast.Attribute) else getattr(s, "id", "") for s in (node.left, *node.comparators)
            ]
            if any(SECRET.search(side) and side not in NAMES for side in sides):
                found.append(f"{node.lineno}: {ast.unparse(node)}")
    return found


def test_no_secret_is_compared_by_its_first_difference() -> None:
    sources = [p for folder in ("bot", "storage", "handlers") for p in (ROOT / folder).rglob("*.py")]
    assert {str(p): found for p in sources if (found := compared(p.read_text("utf-8")))} == {}


def test_the_check_itself_sees_what_it_is_for() -> None:
    assert compared("if given_token == self.secret: pass")
    assert compared("return row.mac != wanted")
    assert not compared("hmac.compare_digest(token, secret)")
    assert not compared("if key.lower() == SIGNATURE: pass")


def test_both_webhooks_and_the_codes_go_by_constant_time_or_by_a_keyed_hash() -> None:
    for file in ("bot/channels/line_parse.py", "bot/channels/telegram.py"):
        assert "compare_digest" in (ROOT / file).read_text("utf-8")
    assert "code_hash(query.code)" in (ROOT / "storage/worlds.py").read_text("utf-8")
