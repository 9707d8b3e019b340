"""Questions as somebody spoke them: files of an operator's folder, `th/kind.m4a`, one for each question and language.

None comes with the product: a voice that residents trust is recorded by people of the place. M4A is what Telegram,
LINE and browsers all play.
"""

import hashlib
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from bot.channels.web_render import VOICES as PLACE
from handlers.screen import FLOW
from handlers.values import dataclass
from handlers.world import World
from locales import LANGUAGES

END = ".m4a"
MIME = "audio/mp4"
LARGEST = 1_000_000  # bytes: a minute at 128 kbit/s, heard over a slow line
NEVER_ASKED = ("language", "asked")  # in no language yet; not a question
NAMES = tuple(question.name for question in FLOW if question.name not in NEVER_ASKED)
YEAR = 31_536_000  # seconds


@dataclass(frozen=True, slots=True)
class Voice:
    """One recording. `mark` names its content, so that an address never shows an older one."""

    path: Path
    seconds: int
    mark: str


class Voices:
    """Every recording that can be used, by `language/question`."""

    def __init__(self, found: Mapping[str, Voice]) -> None:
        self._found = dict(found)

    def get(self, name: str) -> Voice | None:
        return self._found.get(name)

    def url(self, name: str) -> str:
        """The path it is fetched by."""
        return f"{PLACE}{name}{END}?v={self._found[name].mark}"

    @property
    def by_language(self) -> Mapping[str, frozenset[str]]:
        made: dict[str, set[str]] = {}
        for name in self._found:
            language, _, question = name.partition("/")
            made.setdefault(language, set()).add(question)
        return {language: frozenset(questions) for language, questions in made.items()}


def words(world: World) -> Iterator[tuple[str, str]]:
    """Every question with its words in the language of this world."""
    for question in FLOW:
        if question.name in NAMES:
            yield question.name, question.ask(world, {})


def load(folder: Path | None) -> Voices:
    """The recordings of a folder; what cannot be used is left out, and `problems` says why."""
    if folder is None:
        return Voices({})
    made = {}
    for language in LANGUAGES:
        for question in NAMES:
            path = folder / language / f"{question}{END}"
            content = path.read_bytes() if path.is_file() and path.stat().st_size <= LARGEST else b""
            if seconds := length(content):
                made[f"{language}/{question}"] = Voice(path, seconds, hashlib.sha256(content).hexdigest()[:16])
    return Voices(made)


def length(content: bytes) -> int:
    """Whole seconds of an M4A file, rounded up; 0 for what is none (ISO/IEC 14496-12, "mvhd")."""
    at = content.find(b"mvhd")
    if content[4:8] != b"ftyp" or at < 0:
        return 0
    try:
        long = content[at + 4] == 1
        scale, units = struct.unpack_from(">IQ" if long else ">II", content, at + (24 if long else 16))
    except (struct.error, IndexError):
        return 0
    return int(-(-units // scale)) if scale else 0


def problems(folder: Path | None) -> list[str]:
    """What is missing, unknown or cannot be played, each with what to do."""
    if folder is None:
        return []
    if not folder.is_dir():
        return [f"voice.folder: {folder} is no folder; make it, with a folder for each language in it"]
    usable, found = load(folder), []
    for language in LANGUAGES:
        there = {p.name for p in (folder / language).glob("*") if not p.name.startswith(".")}
        strange = sorted(there - {f"{name}{END}" for name in NAMES})
        missing = [name for name in NAMES if f"{name}{END}" not in there] if there else []
        useless = [name for name in NAMES if f"{name}{END}" in there and usable.get(f"{language}/{name}") is None]
        found += (
            [f"voice.folder: {language}: unknown {', '.join(strange)}; `ntswatch voices` lists the names"]
            if strange
            else []
        )
        found += (
            [f"voice.folder: {language}: missing {', '.join(missing)}; these questions are not spoken"]
            if missing
            else []
        )
        found += [f"voice.folder: {language}: not M4A, or above 1 MB: {', '.join(useless)}"] if useless else []
    strays = sorted(p.name for p in folder.iterdir() if p.name not in LANGUAGES and not p.name.startswith("."))
    return [*found, *([f"voice.folder: no language: {', '.join(strays)}"] if strays else [])]


def route(voices: Voices) -> Route:
    """The recordings for LINE and the page: the same for everybody, so any browser may keep them."""

    async def voice(request: Request) -> Response:
        name = f"{request.path_params['language']}/{request.path_params['file'].removesuffix(END)}"
        found = voices.get(name)
        if found is None:
            return Response(status_code=404)
        forever = request.query_params.get("v") == found.mark
        kept = f"public, max-age={YEAR}, immutable" if forever else "no-cache"
        return FileResponse(found.path, media_type=MIME, headers={"Cache-Control": kept})

    return Route(f"{PLACE}{{language}}/{{file}}", voice)
