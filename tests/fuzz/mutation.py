"""Changes to JSON that a parser may not expect: a value of another kind, a key gone, a part of another delivery."""

import copy
import random
from collections.abc import Callable, Sequence
from typing import Any

ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    2**31,
    2**53,
    -(2**63),
    2**64,
    10**30,
    0.5,
    -0.0,
    1e308,
    91.0,
    "",
    "0",
    " ",
    "/",
    "/start",
    "/join@",
    "\u0000",
    "\ud800",
    "\u202e\u200b",
    "ก\u0e4d" * 40,
    "\U0001f468\u200d\U0001f469",
    "x" * 6_000,
    "9" * 5_000,
    [],
    {},
    [[]],
    [None],
    {"id": {}},
    {"type": []},
)
Path = tuple[str | int, ...]
DEEPEST = 12  # platforms nest half as deep


def places(value: Any) -> list[Path]:
    """Where everything stands, the whole first; not below what `nest` buried."""
    found: list[Path] = []
    ahead: list[tuple[Path, Any]] = [((), value)]
    while ahead:
        path, one = ahead.pop()
        found.append(path)
        if len(path) < DEEPEST and isinstance(one, dict):
            ahead += [((*path, key), inner) for key, inner in one.items()]
        elif len(path) < DEEPEST and isinstance(one, list):
            ahead += [((*path, number), inner) for number, inner in enumerate(one)]
    return found


def get(value: Any, path: Path) -> Any:
    for key in path:
        value = value[key]
    return value


def put(whole: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    get(whole, path[:-1])[path[-1]] = value
    return whole


def odd(whole: Any, path: Path, _: Any, dice: random.Random) -> Any:
    return put(whole, path, copy.deepcopy(dice.choice(ODD)))


def drop(whole: Any, path: Path, _: Any, dice: random.Random) -> Any:
    if path:
        del get(whole, path[:-1])[path[-1]]
    return whole


def graft(whole: Any, path: Path, other: Any, dice: random.Random) -> Any:
    """A part of another delivery in this place."""
    return put(whole, path, copy.deepcopy(get(other, dice.choice(places(other)))))


def nest(whole: Any, path: Path, _: Any, dice: random.Random) -> Any:
    value = get(whole, path)
    for _step in range(dice.choice((1, 2, 150))):
        value = [value]
    return put(whole, path, value)


def twice(whole: Any, path: Path, _: Any, dice: random.Random) -> Any:
    value = get(whole, path)
    if isinstance(value, list):
        value.extend(copy.deepcopy(value))
        return whole
    return put(whole, path, value * 2) if isinstance(value, str) else whole


def rename(whole: Any, path: Path, other: Any, dice: random.Random) -> Any:
    """A key of another delivery in place of this one."""
    if not path or isinstance(path[-1], int):
        return whole
    names = [p[-1] for p in places(other) if p and isinstance(p[-1], str)]
    holder = get(whole, path[:-1])
    holder[dice.choice(names or ["x"])] = holder.pop(path[-1])
    return whole


CHANGES: Sequence[Callable[[Any, Path, Any, random.Random], Any]] = (odd, odd, drop, graft, nest, twice, rename)


def mutated(value: Any, other: Any, dice: random.Random) -> Any:
    """A copy with one to four changes."""
    made = copy.deepcopy(value)
    for _ in range(dice.randint(1, 4)):
        made = dice.choice(CHANGES)(made, dice.choice(places(made)), other, dice)
    return made
