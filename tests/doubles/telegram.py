"""A Telegram of our own: an HTTP server that answers as the Bot API does, remembers every call and fails on order."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp
from aiohttp import web

TOKEN = "4242:double"
BOT = 4242
USERNAME = "MekongWatchBot"
DATE = 1_790_000_000
TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
DOWNLOAD_LIMIT = 20 * 2**20
FILES = ("photo", "video", "voice", "document", "animation", "audio")


@dataclass(frozen=True)
class Call:
    """One request: parameters as typed values, files as name -> (file name, type, bytes)."""

    method: str
    params: dict[str, Any]
    files: dict[str, tuple[str, str, bytes]] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """How one call goes wrong; the defaults of the kinds are below."""

    status: int = 0
    description: str = "injected"
    parameters: dict[str, Any] = field(default_factory=dict)
    drop: bool = False
    after: bool = False  # the call is carried out first, only its answer is lost
    seconds: float = 0.0
    drip: float = 0.0  # carried out, and the answer comes byte by byte, for so many seconds
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


def throttled(seconds: int) -> Fault:
    return Fault(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})


def migrated(to: int) -> Fault:
    text = "Bad Request: group chat was upgraded to a supergroup chat"
    return Fault(400, text, {"migrate_to_chat_id": to})


def blocked() -> Fault:
    return Fault(403, "Forbidden: bot was blocked by the user")


def refused(description: str) -> Fault:
    return Fault(400, f"Bad Request: {description}")


def broken(status: int = 500) -> Fault:
    return Fault(status, "Internal Server Error")


def dropped(after: bool = False) -> Fault:
    return Fault(drop=True, after=after)


def slow(seconds: float) -> Fault:
    return Fault(seconds=seconds)


def silent(seconds: float) -> Fault:
    """Nothing is done, and nothing is said for so long."""
    return Fault(seconds=seconds, drop=True)


def dripping(seconds: float) -> Fault:
    return Fault(drip=seconds)


class Refusal(Exception):
    """What the real server would answer with 400 or 403."""

    def __init__(self, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.status = status


class TelegramDouble:
    """`async with TelegramDouble() as telegram:` serves on a free port of 127.0.0.1.

    `calls` holds what was asked; `menus` the commands on offer; `messages` what the chats show now; `files` what
    getFile finds; `blocked` the chats that refuse us. `fail` orders faults: they are used up in turn, each for its
    method (all methods: "") and chat. `say` queues an update, which polling fetches or, after setWebhook, is posted
    at once.
    """

    def __init__(self, token: str = TOKEN) -> None:
        self.token = token
        self.calls: list[Call] = []
        self.messages: dict[tuple[int, int], dict[str, Any]] = {}
        self.came: dict[tuple[int, int], float] = {}  # seconds of the loop's clock at which each message came
        self.files: dict[str, bytes] = {}
        self.deleted: list[tuple[int, int]] = []
        self.uploaded: set[str] = set()  # names of files that were sent and may be sent again
        self.blocked: set[int] = set()
        self.standing: dict[tuple[int, int], str] = {}  # chat and user -> status, where it is not "member"
        self.inaccessible: set[int] = set()  # chats that tell only administrators who is in them
        self.webhook: dict[str, Any] = {}
        self.menus: dict[tuple[str, str], dict[str, str]] = {}
        self.updates: list[dict[str, Any]] = []
        self.polling = 0
        self._faults: list[tuple[str, int | None, Fault]] = []
        self._next_message = self._next_update = 1000
        self._news = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._url = ""

    @property
    def base_url(self) -> str:
        return f"{self._url}/bot"

    @property
    def base_file_url(self) -> str:
        return f"{self._url}/file/bot"

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=60 * 2**20)
        app.router.add_route("*", "/bot{token}/{method}", self._answer)
        app.router.add_get("/file/bot{token}/{path:.+}", self._download)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self._url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._news.set()
        if self._runner:
            await self._runner.cleanup()

    def fail(self, *faults: Fault, method: str = "", chat: int | None = None) -> None:
        """The next calls fail, one fault each."""
        self._faults.extend((method.lower(), chat, fault) for fault in faults)

    def asked(self, method: str) -> list[dict[str, Any]]:
        """The parameters of every call of one method, in order."""
        return [call.params for call in self.calls if call.method.lower() == method.lower()]

    async def say(self, update: dict[str, Any]) -> int:
        """Something happened at Telegram; the webhook's answer, or 0 when it waits to be polled."""
        update = {"update_id": self._next_update, **update}
        self._next_update = update["update_id"] + 1
        if not self.webhook.get("url"):
            self.updates.append(update)
            self._news.set()
            return 0
        headers = {"X-Telegram-Bot-Api-Secret-Token": self.webhook.get("secret_token", "")}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.webhook["url"], json=update, headers=headers) as answer,
        ):
            return answer.status

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self.token:
            return _error(401, "Unauthorized")
        call = await _read(request)
        self.calls.append(call)
        fault = self._fault(call)
        if fault and not fault.after and (answer := await self._fails(request, fault)) is not None:
            return answer
        do: Callable[[Call], Any] = getattr(self, f"_{_snake(call.method)}", self._unknown)
        try:
            result = do(call)
            result = await result if asyncio.iscoroutine(result) else result
        except Refusal as refusal:
            return _error(refusal.status, str(refusal))
        if fault and fault.after:
            _cut(request)
        answer = web.json_response({"ok": True, "result": result})
        return await _dripped(request, answer, fault.drip) if fault and fault.drip else answer

    def _fault(self, call: Call) -> Fault | None:
        for place, (method, chat, fault) in enumerate(self._faults):
            if method in ("", call.method.lower()) and chat in (None, call.params.get("chat_id")):
                del self._faults[place]
                return fault
        return None

    async def _fails(self, request: web.Request, fault: Fault) -> web.StreamResponse | None:
        await asyncio.sleep(fault.seconds)
        if fault.drop:
            _cut(request)
            return web.Response()
        if fault.body is not None:
            return web.Response(body=fault.body, status=fault.status or 200, headers=fault.headers)
        return _error(fault.status, fault.description, fault.parameters) if fault.status else None

    async def _download(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["token"] != self.token:
            return _error(401, "Unauthorized")
        self.calls.append(Call("download", {"path": request.match_info["path"]}))
        fault = self._fault(self.calls[-1])
        if fault and not fault.after and (answer := await self._fails(request, fault)) is not None:
            return answer
        content = self.files.get(request.match_info["path"].removeprefix("files/"))
        if content is None:
            return _error(404, "Not Found")
        if not (fault and fault.after):
            return web.Response(body=content)
        half = web.StreamResponse(headers={"Content-Length": str(len(content))})
        await half.prepare(request)
        await half.write(content[: len(content) // 2])
        _cut(request)
        return half

    def _unknown(self, call: Call) -> Any:
        raise Refusal("Not Found", 404)

    def _get_me(self, call: Call) -> Any:
        return {
            "id": BOT,
            "is_bot": True,
            "first_name": "Mekong",
            "username": USERNAME,
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }

    def _set_my_commands(self, call: Call) -> Any:
        for command in call.params["commands"]:
            if not (1 <= len(command["command"]) <= 32 and 1 <= _units(command["description"]) <= 256):
                raise Refusal("Bad Request: BOT_COMMAND_INVALID")
        self.menus[self._menu(call)] = {c["command"]: c["description"] for c in call.params["commands"]}
        return True

    def _delete_my_commands(self, call: Call) -> Any:
        self.menus.pop(self._menu(call), None)
        return True

    def _menu(self, call: Call) -> tuple[str, str]:
        """Whose menu: the kind of scope (of one chat its id), and the language."""
        scope = call.params.get("scope") or {"type": "default"}
        return str(scope.get("chat_id", scope["type"])), call.params.get("language_code") or ""

    def _set_webhook(self, call: Call) -> Any:
        self.webhook = dict(call.params)
        return True

    def _delete_webhook(self, call: Call) -> Any:
        self.webhook = {}
        if call.params.get("drop_pending_updates"):
            self.updates.clear()
        return True

    def _get_webhook_info(self, call: Call) -> Any:
        url = self.webhook.get("url", "")
        return {"url": url, "has_custom_certificate": False, "pending_update_count": len(self.updates)}

    async def _get_updates(self, call: Call) -> Any:
        """An offset confirms everything before it (core.telegram.org/bots/api#getupdates)."""
        if self.webhook.get("url"):
            raise Refusal("Conflict: can't use getUpdates method while webhook is active", 409)
        if self.polling:
            raise Refusal("Conflict: terminated by other getUpdates request", 409)
        offset = call.params.get("offset", 0)
        self.updates = [update for update in self.updates if update["update_id"] >= offset]
        async with self._only_one():
            if not self.updates:
                self._news.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(call.params.get("timeout", 0)):
                        await self._news.wait()
        return self.updates[: call.params.get("limit", 100)]

    @contextlib.asynccontextmanager
    async def _only_one(self) -> AsyncIterator[None]:
        self.polling += 1
        try:
            yield
        finally:
            self.polling -= 1

    def _send_message(self, call: Call) -> Any:
        text = _text(call.params.get("text", ""), TEXT_LIMIT)
        return self._sent(call, {"text": text})

    def _send_location(self, call: Call) -> Any:
        place = {key: float(call.params[key]) for key in ("latitude", "longitude")}
        return self._sent(call, {"location": place})

    def _send_photo(self, call: Call) -> Any:
        return self._sent_file(call, "photo")

    def _send_video(self, call: Call) -> Any:
        return self._sent_file(call, "video")

    def _send_voice(self, call: Call) -> Any:
        return self._sent_file(call, "voice")

    def _send_document(self, call: Call) -> Any:
        return self._sent_file(call, "document")

    def _sent_file(self, call: Call, kind: str) -> Any:
        known = call.params.get(kind, "")
        if kind not in call.files and known not in self.uploaded:
            why = "wrong file identifier/HTTP URL specified" if known else f"there is no {kind} in the request"
            raise Refusal(f"Bad Request: {why}")
        shown: dict[str, Any] = {kind: call.files[kind][0] if kind in call.files else known}
        if call.params.get("caption"):
            shown["caption"] = _text(call.params["caption"], CAPTION_LIMIT, "message caption is too long")
        answer = self._sent(call, shown)
        self.uploaded.add(name := known or f"{kind}-{len(self.uploaded) + 1}")
        return {key: value for key, value in answer.items() if key != kind} | _described(kind, name)

    def _edit_message_text(self, call: Call) -> Any:
        chat, number = self._chat(call), call.params["message_id"]
        message = self.messages.get((chat, number))
        if message is None:
            raise Refusal("Bad Request: message to edit not found")
        if "text" not in message:
            raise Refusal("Bad Request: there is no text in the message to edit")
        markup = _markup(call, only_inline=True)
        if "reply_markup" in message and "inline_keyboard" not in message["reply_markup"]:
            raise Refusal("Bad Request: message can't be edited")
        shown = {"text": _text(call.params.get("text", ""), TEXT_LIMIT)} | markup
        if {key: message.get(key) for key in ("text", "reply_markup")} == {
            key: shown.get(key) for key in ("text", "reply_markup")
        }:
            raise Refusal(
                "Bad Request: message is not modified: specified new message content and reply markup are exactly "
                "the same as a current content and reply markup of the message"
            )
        self.messages[chat, number] = shown
        return _message(chat, number, shown)

    def _answer_callback_query(self, call: Call) -> Any:
        if call.params["callback_query_id"] == "old":
            raise Refusal("Bad Request: query is too old and response timeout expired or query ID is invalid")
        return True

    def _get_chat_member(self, call: Call) -> Any:
        """Of others only administrators are sure to hear (core.telegram.org/bots/api#getchatmember)."""
        chat, user = self._chat(call), call.params["user_id"]
        if chat in self.inaccessible and user != BOT:
            raise Refusal("Bad Request: member list is inaccessible")
        usual = "administrator" if user == BOT and chat not in self.inaccessible else "member"
        status = self.standing.get((chat, user), usual)
        member = {"status": status, "user": {"id": user, "is_bot": user == BOT, "first_name": "Somchai"}}
        return member | ({"until_date": 0} if status == "kicked" else {})

    def _leave_chat(self, call: Call) -> Any:
        self._chat(call)
        return True

    def _delete_messages(self, call: Call) -> Any:
        chat = self._chat(call)
        ids = call.params["message_ids"]
        self.deleted += [(chat, number) for number in (json.loads(ids) if isinstance(ids, str) else ids)]
        return True

    def _get_file(self, call: Call) -> Any:
        name = call.params["file_id"]
        if name not in self.files:
            raise Refusal("Bad Request: wrong file_id or the file is temporarily unavailable")
        size = len(self.files[name])
        if size > DOWNLOAD_LIMIT:
            raise Refusal("Bad Request: file is too big")
        return {"file_id": name, "file_unique_id": f"u{name}", "file_size": size, "file_path": f"files/{name}"}

    def _sent(self, call: Call, shown: dict[str, Any]) -> dict[str, Any]:
        chat = self._chat(call)
        shown |= _markup(call)
        self._next_message += 1
        self.messages[chat, self._next_message] = shown
        self.came[chat, self._next_message] = asyncio.get_running_loop().time()
        return _message(chat, self._next_message, shown)

    def _chat(self, call: Call) -> int:
        chat = call.params.get("chat_id")
        if not isinstance(chat, int):
            raise Refusal("Bad Request: chat not found")
        if chat in self.blocked:
            raise Refusal("Forbidden: bot was blocked by the user", 403)
        return chat


async def _read(request: web.Request) -> Call:
    method = request.match_info["method"]
    if request.content_type == "application/json":
        return Call(method, await request.json())
    params: dict[str, Any] = {key: _typed(key, value) for key, value in request.query.items()}
    files: dict[str, tuple[str, str, bytes]] = {}
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[name] = (value.filename, value.content_type, value.file.read())
        else:
            params[name] = _typed(name, str(value))
    return Call(method, params, files)


def _typed(name: str, value: str) -> Any:
    """A form's string as Telegram reads it."""
    if name in ("text", "caption", "callback_query_id", "file_id", "secret_token", "url", "language_code"):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _message(chat: int, number: int, shown: dict[str, Any]) -> dict[str, Any]:
    kind = {"type": "private", "first_name": "R"} if chat > 0 else {"type": "supergroup", "title": "G"}
    content = {key: value for key, value in shown.items() if key not in FILES}
    if "inline_keyboard" not in content.get("reply_markup", {}):
        content.pop("reply_markup", None)
    return {"message_id": number, "date": DATE, "chat": {"id": chat, **kind}, **content}


def _described(kind: str, name: str) -> dict[str, Any]:
    """A file of a sent message as Telegram describes it; of documents and videos nobody asks."""
    file: dict[str, Any] = {"file_id": name, "file_unique_id": f"u{name}"}
    match kind:
        case "photo":
            return {"photo": [file | {"width": 90, "height": 90}, file | {"width": 680, "height": 812}]}
        case "voice":
            return {"voice": file | {"duration": 1}}
    return {}


def _text(text: str, most: int, why: str = "message is too long") -> str:
    if not text.strip():
        raise Refusal("Bad Request: message text is empty")
    if _units(text) > most:
        raise Refusal(f"Bad Request: {why}")
    return text


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _markup(call: Call, only_inline: bool = False) -> dict[str, Any]:
    markup = call.params.get("reply_markup")
    if markup is None:
        return {}
    if only_inline and "inline_keyboard" not in markup:
        raise Refusal("Bad Request: inline keyboard expected")
    for button in (one for row in markup.get("inline_keyboard", []) for one in row):
        _check_inline(button)
    for button in (one for row in markup.get("keyboard", []) for one in row):
        if button.get("request_location") and call.params["chat_id"] < 0:
            raise Refusal("Bad Request: location can be requested in private chats only")
    return {"reply_markup": markup}


def _check_inline(button: dict[str, Any]) -> None:
    if not button.get("text"):
        raise Refusal("Bad Request: inline keyboard button text is empty")
    if ("url" in button) == ("callback_data" in button):
        raise Refusal("Bad Request: text buttons are unallowed in the inline keyboard")
    if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
        raise Refusal("Bad Request: BUTTON_DATA_INVALID")


async def _dripped(request: web.Request, whole: web.Response, seconds: float) -> web.StreamResponse:
    assert isinstance(whole.body, bytes)
    answer = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(whole.body))})
    await answer.prepare(request)
    for n in range(len(whole.body)):
        await asyncio.sleep(seconds / len(whole.body))
        await answer.write(whole.body[n : n + 1])
    return answer


def _error(status: int, description: str, parameters: dict[str, Any] | None = None) -> web.Response:
    answer: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    return web.json_response(answer | ({"parameters": parameters} if parameters else {}), status=status)


def _cut(request: web.Request) -> None:
    if request.transport:
        request.transport.close()


def _snake(method: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in method)
