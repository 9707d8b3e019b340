"""Pictures of the choices, drawn by us in one visual language: white lines on a coloured tile, 96 by 96.

The SVG files are the drawings; the PNG files beside them (192 pixels) are made from them by `python -m
bot.pictures.render`, for LINE, which shows no SVG.
"""

import hashlib
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

PLACE = "/pictures/"  # where they are served


@lru_cache(1)
def names() -> frozenset[str]:
    return frozenset(f.name.removesuffix(".svg") for f in files(__name__).iterdir() if f.name.endswith(".svg"))


def of(value: str) -> str:
    """The picture of an answer, by what is behind its button: `a:kind:drugs` has `kind-drugs`. Empty: none is drawn."""
    match value.split(":"):
        case ["a", question, answer] if (name := f"{question}-{answer}") in names():
            return name
    return ""


def file(name: str, form: str = "svg") -> Traversable:
    """The drawing of a name, as svg or png."""
    return files(__name__) / f"{name}.{form}"


@lru_cache(8)
def sheet(name: str) -> tuple[bytes, str]:
    """All choices of a question in one picture, such as `kind-th`, and a mark of its content; empty: none is drawn."""
    if name not in sheets():
        return b"", ""
    content = (files(__name__) / "sheets" / f"{name}.png").read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:16]


@lru_cache(1)
def sheets() -> frozenset[str]:
    return frozenset(f.name.removesuffix(".png") for f in (files(__name__) / "sheets").iterdir())
