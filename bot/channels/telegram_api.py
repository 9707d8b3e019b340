"""Our requests to the Bot API, through python-telegram-bot. Every failure comes out as a SendError.

The three that every step of a report makes (a text, its change, the end of a spinner) go past the library's models,
over the same wire: to build and read a whole Message for its number costs more than the rest of the request.

Imported on first use: the library takes 0.75 s to load, which reading updates need not wait for.
"""

import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from telegram import (
    Bot,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    Message,
)
from telegram.error import TelegramError, TimedOut

from bot.channels import SendError
from bot.channels.telegram_parts import Part, asks_location, inline, keyboard
from bot.channels.telegram_read import WANTED, is_inside
from bot.channels.telegram_wire import Refused, Wire

AGAIN_SECONDS = 5.0  # base delay; whoever tries again lengthens it
TOKEN_SECONDS = 60.0  # a refused token is mended by a person
DOWNLOAD_LIMIT = 20 * 2**20  # core.telegram.org/bots/api#getfile
PHOTO_LIMIT = 10 * 2**20  # core.telegram.org/bots/api#sending-files; larger ones go as documents
WEBHOOK_CONNECTIONS = 40  # Telegram's default; what waits is taken in one batch anyway
LONGEST_BATCH = 100  # core.telegram.org/bots/api#getupdates

NO_PREVIEW = {"link_preview_options": {"is_disabled": True}}  # a preview calls the site of a smuggler from our side

LOST = (  # the chat itself
    "chat not found",
    "group chat was deleted",
    "group chat was deactivated",
    "bot was kicked",
    "bot is not a member",
)
GONE = (*LOST, "user not found", "peer_id_invalid", "user is deactivated")
ERASED_AT_ONCE = 100  # core.telegram.org/bots/api#deletemessages
FORGOTTEN = ("wrong file identifier", "wrong remote file", "file reference", "wrong file_id")  # of an id we kept
SAME = "message is not modified"
UNEDITABLE = (
    "message can't be edited",
    "message to edit not found",
    "message_id_invalid",
    "there is no text in the message to edit",
)

# What each method plays; everything else is sent as a document (core.telegram.org/bots/api#sendvoice, #sendvideo).
PLAYED = {
    "photo": {"image/jpeg": "photo.jpg", "image/png": "photo.png", "image/webp": "photo.webp"},
    "video": {"video/mp4": "video.mp4"},
    "voice": {
        "audio/ogg": "voice.ogg",
        "audio/mpeg": "voice.mp3",
        "audio/mp4": "voice.m4a",
        "audio/x-m4a": "voice.m4a",
        "audio/m4a": "voice.m4a",
    },
}
DOCUMENTS = {
    "image/jpeg": "photo.jpg",
    "image/png": "photo.png",
    "image/heic": "photo.heic",
    "video/mp4": "video.mp4",
    "video/quicktime": "video.mov",
    "video/webm": "video.webm",
    "audio/webm": "voice.webm",
    "audio/ogg": "voice.ogg",
    "application/pdf": "file.pdf",
}

SCOPES: Mapping[str, BotCommandScope] = {
    "private": BotCommandScopeAllPrivateChats(),
    "group": BotCommandScopeAllGroupChats(),
}

log = logging.getLogger(__name__)
logging.getLogger("telegram").setLevel(logging.WARNING)  # at DEBUG the library writes whole messages


class Api:
    """One bot's side of the Bot API. Made inside a running loop."""

    def __init__(self, token: str, base_url: str, base_file_url: str, patience: float) -> None:
        self._wire, self._polling = Wire((base_url, base_file_url), patience), Wire((base_url,), patience)
        self._base = f"{base_url}{token}"
        self._uploaded: dict[str, str] = {}  # our own pictures and voices -> Telegram's id of the file
        self._bot = Bot(token, base_url, base_file_url, request=self._wire, get_updates_request=self._polling)

    async def close(self) -> None:
        await self._wire.shutdown()
        await self._polling.shutdown()

    async def send(self, chat: str, part: Part) -> str:
        """Send one part; the id of the message. Raises SendError."""
        with what_next():
            group = chat.startswith("-")
            number = _chat_id(chat)
            if part.get("attachments"):
                return str((await self._file(number, part, group)).message_id)
            replaces = part.get("replaces", "")
            if replaces.isdecimal() and not asks_location(part["buttons"], group) and await self._edit(number, part):
                return str(replaces)
            said = {"chat_id": number, "text": part["text"], **NO_PREVIEW, **keyboard(part["buttons"], group)}
            return _number(await self._ask("sendMessage", said))

    async def _ask(self, method: str, fields: Mapping[str, Any]) -> Any:
        """The raw result of a method, past the library's models."""
        return await self._wire.ask(f"{self._base}/{method}", fields, self._wire.read_timeout)

    async def _edit(self, chat: int, part: Part) -> bool:
        """Whether the message now says this. False: it cannot be edited any more."""
        shown = {"chat_id": chat, "message_id": int(part["replaces"]), "text": part["text"]}
        try:
            await self._ask("editMessageText", {**shown, **NO_PREVIEW, **inline(part["buttons"])})
        except Refused as refused:
            if refused.code == 400 and SAME in refused.description:
                return True
            if refused.code == 400 and any(why in refused.description for why in UNEDITABLE):
                return False
            raise
        return True

    async def _file(self, chat: int, part: Part, group: bool) -> Message:
        (attachment,) = part["attachments"]
        extra = keyboard(part["buttons"], group)
        if attachment["kind"] == "pin":
            return await self._bot.send_location(
                chat, attachment["latitude"], attachment["longitude"], protect_content=True, api_kwargs=extra
            )
        return await self._upload(chat, attachment, {"caption": part["text"] or None, "api_kwargs": extra})

    async def _upload(self, chat: int, attachment: Mapping[str, Any], more: Mapping[str, Any]) -> Message:
        """A file; one of our own (an `asset`) is uploaded once, and afterwards named by what Telegram calls it."""
        content: bytes = attachment["bytes"]
        kind, name = _as_sent(attachment["kind"], attachment.get("mime", ""), len(content))
        send: Any = getattr(self._bot, f"send_{kind}")
        asset = attachment.get("asset", "")
        if asset in self._uploaded:
            try:
                known: Message = await send(chat, self._uploaded[asset], protect_content=True, **more)
            except Refused as refused:
                if refused.code != 400 or not any(why in refused.description for why in FORGOTTEN):
                    raise
                del self._uploaded[asset]
            else:
                return known
        sent: Message = await send(chat, content, filename=name, protect_content=True, **more)
        if asset and (file := _file_id(sent)):
            self._uploaded[asset] = file
        return sent

    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        """The bytes of a file. Raises SendError, also when it is larger than a bot may download."""
        with what_next():
            file = await self._bot.get_file(ref)
            if not file.file_path or (file.file_size or 0) > DOWNLOAD_LIMIT:
                raise SendError("too big", None)
            brought = 0
            try:
                async for chunk in self._wire.stream(file.file_path):
                    brought += len(chunk)
                    if brought > DOWNLOAD_LIMIT:
                        raise SendError("too big", None)
                    yield chunk
            except Refused as refused:
                if refused.code == 404:
                    raise SendError("http 404", None) from None
                raise

    async def acknowledge(self, press: str) -> None:
        """Stop the spinner. A press too old or a lost line is no loss; anything else is worth a line in the log."""
        try:
            with what_next():
                await self._ask("answerCallbackQuery", {"callback_query_id": press})
        except SendError as error:
            if error.retry_after is None and error.why != "http 400":
                log.warning("press not acknowledged", extra={"why": error.why})

    async def leave(self, chat: str) -> None:
        """Leave a group; having left already is as good. Raises SendError."""
        try:
            with what_next():
                await self._bot.leave_chat(_chat_id(chat))
        except SendError as error:
            if not error.gone:
                raise

    async def member(self, chat: str, person: str) -> bool | None:
        """Whether somebody is in a group; None when Telegram does not tell us. Raises SendError."""
        with what_next():
            try:
                found = await self._ask("getChatMember", {"chat_id": _chat_id(chat), "user_id": _chat_id(person)})
            except Refused as refused:
                if refused.code == 400 and not refused.moved_to and not any(w in refused.description for w in LOST):
                    return None
                raise
            return is_inside(found) if isinstance(found, dict) else None

    async def leads(self, chat: str, me: int) -> bool:
        """Whether the bot is an administrator of a group; of one that we are not in it is none. Raises SendError."""
        with what_next():
            try:
                found = await self._ask("getChatMember", {"chat_id": _chat_id(chat), "user_id": me})
            except Refused as refused:
                if refused.code in (400, 403):
                    return False
                raise
            return isinstance(found, dict) and found.get("status") in ("creator", "administrator")

    async def erase(self, chat: str, messages: Sequence[str]) -> None:
        """Delete messages; those that are too old or gone are passed over by Telegram. Raises SendError."""
        ids = [int(message) for message in messages if message.isdecimal()]
        for start in range(0, len(ids), ERASED_AT_ONCE):
            with what_next():
                await self._bot.delete_messages(_chat_id(chat), ids[start : start + ERASED_AT_ONCE])

    async def me(self) -> str:
        """The bot's username. Raises SendError."""
        with what_next():
            return (await self._bot.get_me()).username or ""

    async def menu(self, scope: str, language: str, commands: Sequence[tuple[str, str]]) -> None:
        """What the menu button offers. English is for everybody whose language has no menu of its own."""
        with what_next():
            await self._bot.set_my_commands(
                list(commands), SCOPES[scope], language_code=None if language == "en" else language
            )

    async def own_menu(self, chat: str, commands: Sequence[tuple[str, str]]) -> None:
        """The commands of one private chat; none: those of everybody. Raises SendError."""
        with what_next():
            scope = BotCommandScopeChat(int(chat))
            if commands:
                await self._bot.set_my_commands(list(commands), scope)
            else:
                await self._bot.delete_my_commands(scope)

    async def hook(self, url: str, secret_token: str) -> None:
        """Have updates sent to `url`; what waits is kept. Raises SendError."""
        with what_next():
            await self._bot.set_webhook(
                url, max_connections=WEBHOOK_CONNECTIONS, allowed_updates=WANTED, secret_token=secret_token
            )

    async def hooked(self) -> tuple[str, int]:
        """The webhook Telegram knows (empty: none), and how many updates wait. Raises SendError."""
        with what_next():
            info = await self._bot.get_webhook_info()
        return info.url, info.pending_update_count

    async def unhook(self) -> None:
        """Keep updates for `updates`; what waits is kept. Raises SendError."""
        with what_next():
            await self._bot.delete_webhook(drop_pending_updates=False)

    async def updates(self, offset: int, wait: float) -> list[Any]:
        """Updates from `offset` on, raw: one that the library cannot read must not hide the others. Raises SendError.

        Waits up to `wait` seconds for the first one.
        """
        asked = {"offset": offset, "limit": LONGEST_BATCH, "timeout": int(wait), "allowed_updates": list(WANTED)}
        with what_next():
            found = await self._polling.ask(f"{self._base}/getUpdates", asked, wait + self._polling.read_timeout)
            return found if isinstance(found, list) else []


@contextmanager
def what_next() -> Iterator[None]:
    """Turns the library's errors into ours; the chain is cut because Telegram's words may hold a person's."""
    try:
        yield
    except TelegramError as error:
        raise failure(error) from None


def failure(error: TelegramError) -> SendError:
    """What to do about it (core.telegram.org/bots/api#responseparameters)."""
    match error:
        case Refused(moved_to=to) if to:
            return SendError("migrated", 0.0, moved_to=to, charged=False)
        case Refused(code=429, retry_after=wait):
            return SendError("http 429", wait or AGAIN_SECONDS, charged=False)
        case Refused(code=401 | 404 as code):
            return SendError(f"http {code}", TOKEN_SECONDS, whole_channel=True, charged=False, denied=True)
        case Refused(code=403):
            return SendError("http 403", None, gone=True)
        case Refused(code=400, description=words):
            return SendError("http 400", None, gone=any(why in words for why in GONE))
        case Refused(code=413 | 421 as code):
            return SendError(f"http {code}", None)
        case Refused(code=code):
            return SendError(f"http {code}", AGAIN_SECONDS)
        case TimedOut():
            return SendError("timeout", AGAIN_SECONDS)
    return SendError("network", AGAIN_SECONDS)


def _number(message: object) -> str:
    """The id of a message that was sent; empty when the answer does not tell, for it was sent all the same."""
    number = message.get("message_id") if isinstance(message, dict) else None
    return str(number) if isinstance(number, int) else ""


def _file_id(sent: Message) -> str:
    """What Telegram calls the file of this message from now on; empty when it does not tell."""
    if sent.photo:
        return sent.photo[-1].file_id
    return sent.voice.file_id if sent.voice else ""


def _chat_id(chat: str) -> int:
    try:
        return int(chat)
    except ValueError:
        raise SendError("no such chat", None, gone=True) from None


def _as_sent(kind: str, mime: str, size: int) -> tuple[str, str]:
    """The method that plays this file, and a name that tells nothing but its type."""
    mime = mime.partition(";")[0].strip().lower()
    name = PLAYED.get(kind, {}).get(mime)
    if name and not (kind == "photo" and size > PHOTO_LIMIT):
        return kind, name
    return "document", DOCUMENTS.get(mime, "file.bin")
