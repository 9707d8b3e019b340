"""Finds the texts that the code says. Babel's own reader works on tokens and misses calls inside f-strings."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

COMMENT_TAG = "TRANSLATORS:"
TEXTS = {"t": 1, "N": 1, "n": 2}  # function -> how many of its first arguments are texts
CONTEXT = "c"  # its first argument is the context, the second the text


@dataclass(frozen=True, slots=True)
class Found:
    """One text: `msgid` is a pair where there is a plural."""

    line: int
    msgid: str | tuple[str, ...]
    context: str | None
    comments: list[str]


def texts(source: str) -> Iterator[Found]:
    """Every literal text of `t("...")`, `N("...")`, `n("one", "many", ...)` and `c("context", "...")`, in order."""
    lines = source.splitlines()
    for call in sorted(_calls(ast.parse(source)), key=lambda c: (c.lineno, c.col_offset)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        said = [a.value for a in call.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if name == CONTEXT and len(said) >= 2:
            yield Found(call.lineno, said[1], said[0], _comments(lines, call.lineno))
        elif name in TEXTS and len(said) >= TEXTS[name] and call.args[0] in _constants(call):
            msgid = said[0] if TEXTS[name] == 1 else tuple(said[: TEXTS[name]])
            yield Found(call.lineno, msgid, None, _comments(lines, call.lineno))


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _constants(call: ast.Call) -> list[ast.expr]:
    return [a for a in call.args if isinstance(a, ast.Constant)]


def _comments(lines: list[str], line: int) -> list[str]:
    """The comment right above, from its tag on; several lines of it are one comment."""
    block: list[str] = []
    above = line - 2
    while above >= 0 and lines[above].strip().startswith("#"):
        block.insert(0, lines[above].strip().lstrip("#").strip())
        above -= 1
    start = next((i for i, text in enumerate(block) if text.startswith(COMMENT_TAG)), None)
    return [] if start is None else [" ".join(block[start:]).removeprefix(COMMENT_TAG).strip()]
