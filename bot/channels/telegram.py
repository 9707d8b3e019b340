"""Telegram: updates by webhook or long polling in, Bot API requests out."""

import asyncio
import hmac
import importlib
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from bot.channels import BadSignature, Outgoing, Pace, Poison, SendError
from bot.channels.telegram_parts import requests
from bot.channels.telegram_read import Reader, poison
from handlers.events import Incoming

if TYPE_CHECKING:
    from bot.channels.telegram_api import Api

SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - a header's name
WEBHOOK_PATH = "/telegram"
REQUEST_SECONDS = 20.0  # then the row is tried again; Telegram answers in well under a second
POLL_SECONDS = 50.0  # routers on the way drop a silent line after a minute
RESIDENT = "resident"  # has the commands of everybody
MANY_WAITING = 100  # updates; more means that nobody fetches them
LONGEST_PAUSE = 60.0  # seconds between tries of a polling that fails

# core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this: about 30 a second in all, 1 a second a
# chat with short bursts, 20 a minute a group (5 at once and 15 trickling never exceed it).
LIMITS = Pace(all_per_second=28.0, chat_per_second=1.0, chat_burst=3, group_per_second=0.25, group_burst=5)

Menus = Mapping[str, Mapping[str, Sequence[tuple[str, str]]]]
Handle = Callable[[list[Incoming | Poison]], Awaitable[None]]

log = logging.getLogger(__name__)


class Telegram:
    """One bot.

    `base_url` and `base_file_url` have the token appended, as python-telegram-bot does it
    (`https://api.telegram.org/bot`, `https://api.telegram.org/file/bot`). `menus` holds the commands to offer: scope
    (`private`, `group`) -> language (ISO 639-1) -> (command, description). `polling` in place of a webhook. `me` is
    the bot's username where it is known before `start`. `chance` gives a number in [0, 1). A request is given up after
    `patience` seconds.
    """

    name = "telegram"

    def __init__(
        self,
        token: str,
        secret_token: str,
        base_url: str = "https://api.telegram.org/bot",
        base_file_url: str = "https://api.telegram.org/file/bot",
        limits: Pace | None = None,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        chance: Callable[[], float] = random.random,
        menus: Menus | None = None,
        polling: bool = False,
        me: str = "",
        patience: float = REQUEST_SECONDS,
    ) -> None:
        number = token.partition(":")[0]
        self.pace = limits or LIMITS
        self._secret, self._polling, self._menus, self._chance = secret_token, polling, menus or {}, chance
        self._access = (token, base_url, base_file_url, patience)
        self._opening = asyncio.Lock()
        self._opened: Api | None = None
        self._reader = Reader(int(number) if number.isdecimal() else 0, now, me)

    async def _api(self) -> "Api":
        return self._opened or await self._open()

    async def _open(self) -> "Api":
        """The library takes half a second to import: in a thread, beside whatever the bot takes in meanwhile."""
        async with self._opening:
            module = await asyncio.to_thread(importlib.import_module, "bot.channels.telegram_api")
            if self._opened is None:
                self._opened = module.Api(*self._access)
            return self._opened

    @property
    def link(self) -> str:
        return f"https://t.me/{self._reader.me}" if self._reader.me else ""

    def parse(self, body: bytes, headers: Mapping[str, str]) -> list[Incoming | Poison]:
        """The event of one webhook body. Raises BadSignature."""
        given = next((value for key, value in headers.items() if key.lower() == SECRET_HEADER), "")
        secret = self._secret.encode()
        if not secret or not hmac.compare_digest(secret, given.encode(errors="backslashreplace")):
            raise BadSignature
        try:
            update = orjson.loads(body)
        except orjson.JSONDecodeError:
            return [poison(None, body)]
        return self._reader.read(update, body)

    def read(self, update: object) -> list[Incoming | Poison]:
        """The event of one update that polling brought."""
        return self._reader.read(update)

    def split(self, messages: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
        """One part a request: texts up to 4096 UTF-16 units, captions up to 1024, each file on its own."""
        return requests(messages)

    def is_group(self, chat: str) -> bool:
        """Ids of groups are negative."""
        return chat.startswith("-")

    async def send(self, out: Outgoing) -> str:
        """Send one request; the message's id. Telegram has no idempotency key, so `out.key` is of no use here."""
        (part,) = out.messages
        return await (await self._api()).send(out.chat, part)

    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        """The bytes of a file, at most 20 MB. Raises SendError."""
        async for chunk in (await self._api()).fetch(ref):
            yield chunk

    async def acknowledge(self, press: str) -> None:
        """Stop the spinner of a pressed button; never raises."""
        await (await self._api()).acknowledge(press)

    async def leave(self, chat: str) -> None:
        """Leave a group. Raises SendError."""
        await (await self._api()).leave(chat)

    async def erase(self, chat: str, messages: Sequence[str]) -> None:
        """Delete what is younger than two days. Raises SendError."""
        await (await self._api()).erase(chat, messages)

    async def member(self, chat: str, person: str) -> bool | None:
        """Telegram promises an answer to administrators only. Raises SendError."""
        return await (await self._api()).member(chat, person)

    async def sees(self, chat: str) -> bool:
        """Telegram tells administrators only (core.telegram.org/bots/api#update, `chat_member`). Raises SendError."""
        return await (await self._api()).leads(chat, self._reader.bot)

    async def introduce(self) -> None:
        """Learn our own name. Raises SendError."""
        self._reader.me = await (await self._api()).me()

    async def start(self, public_url: str) -> None:
        """Learn our own name, offer the commands, register (or drop) the webhook. Raises SendError."""
        await self.introduce()
        for scope, languages in self._menus.items():
            if scope not in ("private", "group"):
                continue  # one person's, when they get the role
            for language, commands in languages.items():
                await (await self._api()).menu(scope, language, commands)
        if self._polling:
            await (await self._api()).unhook()
        else:
            await (await self._api()).hook(public_url.rstrip("/") + WEBHOOK_PATH, self._secret)

    async def delivers(self, public_url: str) -> bool:
        there, _ = await (await self._api()).hooked()
        return there == self._wanted(public_url)

    def _wanted(self, public_url: str) -> str:
        return "" if self._polling else public_url.rstrip("/") + WEBHOOK_PATH

    async def check(self, public_url: str) -> list[str]:
        """Whether Telegram would reach us. Raises SendError."""
        await (await self._api()).me()
        wanted = self._wanted(public_url)
        there, waiting = await (await self._api()).hooked()
        found = []
        if there != wanted:
            say = f"not {wanted}" if wanted else "set although telegram.mode is polling"
            found.append(f"telegram: the webhook is {say}; `ntswatch run` sets it right")
        if waiting > MANY_WAITING:
            found.append(f"telegram: {waiting} updates wait to be fetched")
        return found

    async def speak(self, chat: str, language: str, rank: str = "") -> None:
        """Residents see the menu in the app's own language; whoever has a role has its commands in their own chat."""
        if rank and not self.is_group(chat):
            await (await self._api()).own_menu(
                chat, () if rank == RESIDENT else self._menus.get(rank, {}).get(language, ())
            )

    async def poll(self, handle: Handle, *, wait: float = POLL_SECONDS, backoff: float = 1.0) -> None:
        """Ask for updates until cancelled. An update is confirmed only after `handle` has returned for it.

        `wait` is how long one request waits for news, `backoff` the first pause after a failure, both in seconds.
        What `handle` raises ends the loop, and nothing of that batch is confirmed.
        """
        offset = failures = 0
        while True:
            try:
                updates = await (await self._api()).updates(offset, wait)
            except SendError as error:
                failures += 1
                _report(error, failures)
                await asyncio.sleep(self._pause(error, failures, backoff))
                continue
            failures = 0
            events = [event for update in updates for event in self.read(update)]
            if events:
                await handle(events)
            offset = max([offset, *(_number(update) + 1 for update in updates)])

    def _pause(self, error: SendError, failures: int, backoff: float) -> float:
        told = (error.retry_after or 0.0) if not error.charged else 0.0
        longest = min(LONGEST_PAUSE, backoff * float(2 ** min(failures - 1, 10)))
        return max(told, longest * (0.5 + self._chance() / 2))

    async def close(self) -> None:
        """Give connections back."""
        if self._opened:
            await self._opened.close()


def _report(error: SendError, failures: int) -> None:
    facts = {"why": error.why, "failures": failures}
    if error.why == "http 409":
        log.error("updates refused: another process polls with this token; stop it, or run that one only", extra=facts)
    elif error.whole_channel:
        log.error("updates refused: Telegram does not know this token; set [telegram] token", extra=facts)
    else:
        log.warning("no updates for now", extra=facts)


def _number(update: object) -> int:
    number = update.get("update_id") if isinstance(update, dict) else None
    return number if isinstance(number, int) else -1
