"""What a turn needs besides the database: keys, words, the gazetteer, the channels' limits, the clock, the dice."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Self

import orjson

from handlers.events import Address
from handlers.places import Gazetteer
from handlers.world import Directory, Rules
from locales import Words
from storage.vault import Recipient, Vault

Split = Callable[[Sequence[Mapping[str, Any]]], list[list[Mapping[str, Any]]]]
TAGS_REMEMBERED = 65_536  # an HMAC is 3 µs and an event asks for it several times


@dataclass
class Store:
    """Everything that is the same for every turn of this process. `directory` is as new as `revision`.

    A transaction works on a copy: what it sees before it is committed is nobody else's.
    """

    vault: Vault
    words: Mapping[str, Words]
    gazetteer: Gazetteer
    rules: Rules
    splits: Mapping[str, Split]
    now: Callable[[], datetime]
    random: Callable[[int], bytes] = os.urandom
    recipients: Sequence[Recipient] = ()
    directory: Directory = field(default_factory=Directory)
    revision: int = -1
    last_id: int = 0

    def __post_init__(self) -> None:
        self.tag = lru_cache(TAGS_REMEMBERED)(self._tag)

    def at_once(self) -> Self:
        """A copy for one transaction, in which all happens at the same moment."""
        made, moment = object.__new__(type(self)), self.now()  # `copy` takes 4 µs
        vars(made).update(vars(self), now=lambda: moment)
        return made

    def learn(self, other: "Store") -> None:
        """What a copy of this store has seen in a transaction that is now committed."""
        self.last_id = max(self.last_id, other.last_id)
        if other.revision > self.revision:
            self.directory, self.revision = other.directory, other.revision

    def _tag(self, address: Address) -> str:
        """What a chat is called at rest: the same chat has the same tag, and no tag leads back without the key."""
        return self.vault.tag(address.channel, address.chat)

    def person(self, channel: str, person: str) -> str:
        return self.tag(Address(channel, f"person {person}"))

    def reporter(self, chat: Address) -> str:
        """Who reported, as a case keeps it: the same for the reports of a month, another one the next month."""
        return self.vault.reporter_tag(chat.channel, chat.chat)

    def reporters(self, chat: Address) -> list[str]:
        """What `reporter` has called this chat in every month whose key is still there."""
        return self.vault.reporter_tags(chat.channel, chat.chat)

    def receipt(self, digits: str) -> str:
        """A receipt as a case keeps it: a keyed hash, so that the database alone leads to no receipt."""
        return self.vault.code_hash(f"receipt {digits}")

    def seal(self, value: Any, context: str) -> bytes:
        return self.vault.seal(orjson.dumps(value), context)

    def seal_all(self, values: Sequence[tuple[Any, str]]) -> list[bytes]:
        """Each value sealed for its own context, in order."""
        return self.vault.seal_all([(orjson.dumps(value), context) for value, context in values])

    def open(self, sealed: bytes, context: str) -> Any:
        return orjson.loads(self.vault.open(sealed, context))

    def open_all(self, sealed: Sequence[tuple[bytes, str]]) -> list[Any]:
        """What each was sealed from, in order; None for one that does not open."""
        return [None if plain is None else orjson.loads(plain) for plain in self.vault.open_all(sealed)]


def context(table: str, column: str, row: object) -> str:
    """What a ciphertext is bound to: moved to another row, column or table it does not open."""
    return f"nts1|{table}|{column}|{row}|1"
