"""Values never change; another one is made, several times a turn."""

from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, fields
from dataclasses import dataclass as declare
from dataclasses import replace as slowly
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
    from dataclasses import replace as replace
else:
    new, put = object.__new__, object.__setattr__

    def dataclass(declared: type | None = None, /, **how: bool) -> Any:
        """`dataclasses.dataclass`; for `frozen=True, slots=True`, of which we have 150, in a third of the time: they
        were a quarter of a start."""
        return _made if how == {"frozen": True, "slots": True} else declare(declared, **how)

    def replace(value: Any, /, **changes: Any) -> Any:
        """`dataclasses.replace`; 1 µs instead of 7 for frozen values without slots and without checks of their own."""
        try:
            held = value.__dict__
        except AttributeError:
            return slowly(value, **changes)
        made = new(value.__class__)
        put(made, "__dict__", held | changes)
        return made


def _made(declared: type) -> type:
    """The class once more, its fields as slots. Nothing but `__init__` has to be compiled for it."""
    declare(init=False, repr=False, eq=False)(declared)
    held = fields(declared)
    left_out = {"__dict__", "__weakref__", *(one.name for one in held)}
    own = {name: what for name, what in vars(declared).items() if name not in left_out}
    own["__slots__"] = tuple(one.name for one in held)
    made = type(declared)(declared.__name__, declared.__bases__, _common(held) | own)
    made.__qualname__ = declared.__qualname__
    made.__init__ = _init(made, held)  # type: ignore[misc]
    return made


def _init(made: type, held: "tuple[Field[Any], ...]") -> Callable[..., None]:
    """Fills the slots past `__setattr__`, which refuses."""
    known: dict[str, Any] = {"MISSING": MISSING}
    takes, does = ["self"], []
    for one in held:
        known[f"set_{one.name}"] = vars(made)[one.name].__set__
        value = one.name
        if one.default is not MISSING:
            known[f"its_{one.name}"] = one.default
            takes.append(f"{one.name}=its_{one.name}")
        elif one.default_factory is not MISSING:
            known[f"its_{one.name}"] = one.default_factory
            takes.append(f"{one.name}=MISSING")
            value = f"its_{one.name}() if {one.name} is MISSING else {one.name}"
        else:
            takes.append(one.name)
        does.append(f"    set_{one.name}(self, {value})")
    exec(f"def __init__({', '.join(takes)}):\n" + "\n".join(does or ["    pass"]), known)  # noqa: S102
    result: Callable[..., None] = known["__init__"]
    return result


def _common(held: "tuple[Field[Any], ...]") -> dict[str, Any]:
    """What all of them do alike."""
    compared = [one.name for one in held if one.compare]
    told = [one.name for one in held if one.repr]
    values: Callable[[Any], Any] = attrgetter(*compared) if compared else lambda _: ()

    def eq(self: Any, other: object) -> bool:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: Any) -> int:
        return hash(values(self))

    def shown(self: Any) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in told)})"

    return {"__eq__": eq, "__hash__": hashed, "__repr__": shown, "__setattr__": _refuse, "__delattr__": _refuse}


def _refuse(_: object, name: str, *_value: object) -> NoReturn:
    raise FrozenInstanceError(f"a value does not change: {name!r}")
