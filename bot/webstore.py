"""The web channel's letters, kept by storage."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.channels.web import Letter
from storage.mailbox import Mailbox


class Letters:
    """The mailbox as the web channel knows it."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def put(self, key: str, chat: str, messages: Sequence[Mapping[str, Any]]) -> int:
        return await self._mailbox.put(key, chat, messages)

    async def after(self, chats: Sequence[str], last: int) -> list[Letter]:
        return [Letter(k.id, k.chat, k.messages, k.at) for k in await self._mailbox.after(chats, last)]

    async def wait(self, chats: Sequence[str], seconds: float, /) -> None:
        await self._mailbox.wait(chats, seconds)
