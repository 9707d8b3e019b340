"""Values of a turn never change; another one is made, several times a turn."""

from dataclasses import replace as slowly
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dataclasses import replace as replace
else:

    def replace(value: Any, /, **changes: Any) -> Any:
        """`dataclasses.replace`; 1 µs instead of 7 for frozen values without slots and without checks of their own."""
        if not hasattr(value, "__dict__"):
            return slowly(value, **changes)
        made = object.__new__(type(value))
        object.__setattr__(made, "__dict__", value.__dict__ | changes)
        return made
