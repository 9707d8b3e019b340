"""What a turn needs besides the database: keys, words, the gazetteer, the channels' limits, the clock, the dice."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson

from handlers.events import Address
from handlers.places import Gazetteer
from handlers.world import Directory, Rules
from locales import Words
from storage.vault import Vault

Split = Callable[[Sequence[Mapping[str, Any]]], list[list[Mapping[str, Any]]]]
TAGS_REMEMBERED = 65_536  # an HMAC is 3 µs and an event asks for it several times


@dataclass
class Store:
    """Everything that is the same for every turn of this process. `directory` is as new as `revision`."""

    vault: Vault
    words: Mapping[str, Words]
    gazetteer: Gazetteer
    rules: Rules
    splits: Mapping[str, Split]
    now: Callable[[], datetime]
    random: Callable[[int], bytes] = os.urandom
    directory: Directory = field(default_factory=Directory)
    revision: int = -1
    last_id: int = 0

    def __post_init__(self) -> None:
        self.tag = lru_cache(TAGS_REMEMBERED)(self._tag)

    def _tag(self, address: Address) -> str:
        """What a chat is called at rest: the same chat has the same tag, and no tag leads back without the key."""
        return self.vault.tag(address.channel, address.chat)

    def person(self, channel: str, person: str) -> str:
        return self.tag(Address(channel, f"person {person}"))

    def seal(self, value: Any, context: str) -> bytes:
        return self.vault.seal(orjson.dumps(value), context)

    def open(self, sealed: bytes, context: str) -> Any:
        return orjson.loads(self.vault.open(sealed, context))


def context(table: str, column: str, row: object) -> str:
    """What a ciphertext is bound to: moved to another row, column or table it does not open."""
    return f"nts1|{table}|{column}|{row}|1"
