"""A stand-in for api.line.me and api-data.line.me, as developers.line.biz/en/reference/messaging-api/ says they answer.

A real HTTP server on a free port: signs webhooks, keeps reply tokens (used once, one minute), retry keys (409 with the
first answer), the monthly quota (a push to a group counts its members), contents, rich menus, and fails on request.
"""

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Self

import aiohttp
from aiohttp import web

from handlers import graphemes

SECRET = "8c570fa6dd201bb328f1c1eac23a96d8"
TOKEN = "channel-access-token"
BOT = "U8e742f61d673b39c7fff3cecb7536ef0"
TOKEN_LIFE = timedelta(minutes=1)
KEY_LIFE = timedelta(hours=24)
SILENCE = 9.0  # seconds

RATE = (429, {"message": "The API rate limit has been exceeded. Try again later."})
QUOTA = (429, {"message": "You have reached your monthly limit."})
INVALID_TOKEN = (400, {"message": "Invalid reply token"})
FAULTS: Mapping[str, tuple[int, dict[str, Any]]] = {
    "429": RATE,
    "quota": QUOTA,
    "500": (500, {"message": "Internal Server Error"}),
    "503": (503, {"message": "Service Unavailable"}),
    "400": (400, {"message": "The request body has 1 error(s)"}),
    "401": (401, {"message": "Authentication failed. Confirm that the access token in the header is valid."}),
    "403": (403, {"message": "Access to this API is not available for your account"}),
    "404": (404, {"message": "Not found"}),
    "413": (413, {"message": "Request Entity Too Large"}),
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came. `body` is JSON, or bytes of a picture."""

    method: str
    path: str
    body: Any
    headers: Mapping[str, str]
    status: int | str
    at: datetime
    shown: range  # which of `delivered` it brought

    @property
    def key(self) -> str:
        return self.headers.get("X-Line-Retry-Key", "")


@dataclass(slots=True)
class Clock:
    """A clock that is set by hand."""

    now: datetime = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def tick(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def signature(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def signed(body: bytes | str | Mapping[str, Any], secret: str = SECRET) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a webhook call."""
    if isinstance(body, Mapping):
        body = json.dumps(body, ensure_ascii=False)
    raw = body.encode() if isinstance(body, str) else body
    return raw, {"Content-Type": "application/json", "X-Line-Signature": signature(raw, secret)}


@dataclass(slots=True)
class FakeLine:
    """LINE. `faults` are used up one a call. A fault is a name of FAULTS, or

    - "drop": the connection ends before anything is done,
    - "silent": nothing is done, and nothing is said for longer than anybody waits,
    - "lost": done, but the answer never arrives,
    - "slow": done, answered after `slowness` seconds,
    - "drip": done, answered byte by byte within `slowness` seconds,
    - "odd": done, answered with something that is not JSON,
    - "html": a proxy's error page that is not UTF-8,
    - "cut": the connection ends in the middle of a file,
    - "302": sent elsewhere, as whoever stands between would do it,
    - "": this call goes well.

    `only` names the last part of the paths the faults are for, `chat` the chat; empty: all of them.
    """

    now: Callable[[], datetime] = field(default_factory=Clock)
    token: str = TOKEN
    secret: str = SECRET
    quota: int | None = 1_000
    used: int = 0
    zone: timezone = timezone(timedelta(hours=9))
    month: str = ""
    members: dict[str, int] = field(default_factory=dict)
    outside: set[tuple[str, str]] = field(default_factory=set)  # group and user who is not in it
    apart: set[str] = field(default_factory=set)  # groups the bot is not in
    strangers: set[str] = field(default_factory=set)  # ids a push is refused for
    contents: dict[str, bytes | int] = field(default_factory=dict)  # bytes, or the status it is refused with
    endpoint: str = ""
    faults: deque[str] = field(default_factory=deque)
    only: str = ""
    chat: str = ""
    slowness: float = 1.0
    calls: list[Call] = field(default_factory=list)
    delivered: list[tuple[str, dict[str, Any]]] = field(default_factory=list)  # chat and message object
    left: list[str] = field(default_factory=list)
    menus: dict[str, dict[str, Any]] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)
    menu_of: dict[str, str] = field(default_factory=dict)  # "" is everybody's default
    tokens: dict[str, tuple[str, datetime]] = field(default_factory=dict)  # not used yet: chat and when
    given: dict[str, tuple[str, datetime]] = field(default_factory=dict)  # all that there ever were
    keys: dict[str, tuple[datetime, dict[str, Any]]] = field(default_factory=dict)
    url: str = ""
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=2 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner:
            await self._runner.cleanup()

    def fail(self, *faults: str, only: str = "", chat: str = "") -> None:
        self.faults, self.only, self.chat = deque(faults), only, chat

    def reply_token(self, chat: str) -> str:
        token = f"token{next(self._ids)}"
        self.tokens[token] = self.given[token] = (chat, self.now())
        return token

    def event(self, kind: str, chat: str, sender: str = "", **more: Any) -> dict[str, Any]:
        """One webhook event; those that can be answered get a reply token."""
        number = next(self._ids)
        source: dict[str, str] = {"type": "user", "userId": sender or chat}
        if chat.startswith("C"):
            source = {"type": "group", "groupId": chat} | ({"userId": sender} if sender else {})
        event = {
            "type": kind,
            "mode": "active",
            "timestamp": int(self.now().timestamp() * 1000),
            "source": source,
            "webhookEventId": f"01H{number:023d}",
            "deliveryContext": {"isRedelivery": False},
        }
        if kind in {"message", "postback", "follow", "join", "memberJoined"}:
            event["replyToken"] = self.reply_token(chat)
        return event | more

    def says(self, chat: str, text: str, sender: str = "") -> dict[str, Any]:
        message = {"id": str(next(self._ids)), "type": "text", "text": text, "quoteToken": "q"}
        return self.event("message", chat, sender, message=message)

    def webhook(self, *events: Mapping[str, Any]) -> tuple[bytes, dict[str, str]]:
        return signed({"destination": BOT, "events": list(events)}, self.secret)

    async def deliver(self, url: str, *events: Mapping[str, Any]) -> int:
        """Post events to a webhook; its status."""
        body, headers = self.webhook(*events)
        async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
            return answer.status

    def texts(self, chat: str) -> list[str]:
        """What a chat was shown, in order; a card by its altText."""
        return [m.get("text") or m.get("altText", "") for to, m in self.delivered if to == chat]

    def sent_to(self, path: str) -> list[Call]:
        return [call for call in self.calls if call.path.endswith(path)]

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body = json.loads(raw) if raw and request.content_type == "application/json" else raw or None
        fault = self.faults.popleft() if self.faults and self._concerned(request.path, body) else ""
        done, shown = None, len(self.delivered)
        if fault not in FAULTS and fault not in {"drop", "html", "cut", "302", "silent"}:
            done = self._do(request, body)
        status: int | str = fault or (done.status if done else 0)
        brought = range(shown, len(self.delivered))
        self.calls.append(Call(request.method, request.path, body, dict(request.headers), status, self.now(), brought))
        return await self._fault(request, fault, done) if fault else done or web.Response()

    def _concerned(self, path: str, body: Any) -> bool:
        told = body if isinstance(body, dict) else {}
        chat = told.get("to") or self.given.get(told.get("replyToken", ""), ("",))[0]
        return path.endswith(self.only) and self.chat in ("", chat)

    async def _dripped(self, request: web.Request, whole: web.Response) -> web.StreamResponse:
        assert isinstance(whole.body, bytes)
        headers = {"Content-Type": "application/json", "Content-Length": str(len(whole.body))}
        answer = web.StreamResponse(status=whole.status, headers=headers)
        await answer.prepare(request)
        for n in range(len(whole.body)):
            await asyncio.sleep(self.slowness / len(whole.body))
            await answer.write(whole.body[n : n + 1])
        return answer

    async def _fault(self, request: web.Request, fault: str, done: web.Response | None) -> web.StreamResponse:
        match fault:
            case "drop" | "lost" | "silent":
                await asyncio.sleep(SILENCE if fault == "silent" else 0)
                if request.transport:
                    request.transport.abort()
                return web.Response()
            case "slow":
                await asyncio.sleep(self.slowness)
                return done or web.Response()
            case "drip":
                return await self._dripped(request, done or web.Response())
            case "cut":
                half = web.StreamResponse(headers={"Content-Length": "1000"})
                await half.prepare(request)
                await half.write(b"x" * 500)
                if request.transport:
                    request.transport.close()
                return half
            case "html":
                return web.Response(status=502, body="<h1>ผิดพลาด</h1>".encode("tis-620"), content_type="text/html")
            case "odd":
                return web.Response(body=b"\xff\xfe not json")
            case "302":
                return web.Response(status=302, headers={"Location": "/v2/bot/info"})
        status, words = FAULTS[fault]
        return web.json_response(words, status=status)

    def _do(self, request: web.Request, body: Any) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return _json(*FAULTS["401"])
        self._turn()
        path = request.path.removeprefix("/v2/bot/").split("/")
        match path:
            case ["message", "reply"]:
                return self._reply(request, body)
            case ["message", "push"]:
                return self._push(request, body)
            case ["message", ident, "content"]:
                return self._content(self.contents.get(ident, 404))
            case ["message", "quota"]:
                return _json(200, {"type": "none"} if self.quota is None else {"type": "limited", "value": self.quota})
            case ["message", "quota", "consumption"]:
                return _json(200, {"totalUsage": self.used})
            case ["info"]:
                return _json(200, {"userId": BOT, "basicId": "@nts", "displayName": "NTS", "chatMode": "bot"})
            case ["channel", "webhook", "endpoint"]:
                return self._webhook(request.method, body)
            case ["group" | "room", chat, "member", person]:
                away = chat in self.apart or (chat, person) in self.outside
                profile = {"displayName": "Somchai", "userId": person, "pictureUrl": "https://profile.line-scdn.net/x"}
                return _json(*FAULTS["404"]) if away else _json(200, profile)
            case ["group" | "room", chat, "members", "count"]:
                return _json(*FAULTS["404"]) if chat in self.apart else _json(200, {"count": self.members.get(chat, 1)})
            case ["group" | "room", chat, "leave"]:
                self.left.append(chat)
                return _json(200, {})
        return self._menus(request.method, path, body)

    def _turn(self) -> None:
        """Every month begins with nothing used, by LINE's own clock."""
        month = f"{self.now().astimezone(self.zone):%Y-%m}"
        if self.month and month != self.month:
            self.used = 0
        self.month = month

    def _webhook(self, method: str, body: Any) -> web.Response:
        if method == "PUT":
            self.endpoint = body["endpoint"]
            return _json(200, {})
        return _json(200, {"endpoint": self.endpoint, "active": True}) if self.endpoint else _json(*FAULTS["404"])

    def _reply(self, request: web.Request, body: Any) -> web.Response:
        if "X-Line-Retry-Key" in request.headers:
            return _json(400, {"message": "The retry key is not supported for this endpoint"})
        wrong = problems(body.get("messages"))
        if wrong:
            return _json(400, {"message": wrong[0]})
        chat, made = self.tokens.pop(body["replyToken"], ("", datetime.min.replace(tzinfo=UTC)))
        if self.now() - made > TOKEN_LIFE:
            return _json(*INVALID_TOKEN)
        return _json(200, self._show(chat, body["messages"]))

    def _push(self, request: web.Request, body: Any) -> web.Response:
        chat, key = body.get("to"), request.headers.get("X-Line-Retry-Key", "")
        wrong = problems(body.get("messages"))
        if wrong or chat in self.strangers:
            return _json(400, {"message": wrong[0] if wrong else "Failed to send messages"})
        known = self.keys.get(key)
        if known and self.now() - known[0] < KEY_LIFE:
            answer = {"message": "The retry key is already accepted"} | known[1]
            return web.json_response(answer, status=409, headers={"x-line-accepted-request-id": key})
        cost = self.members.get(chat, 1)
        if self.quota is not None and self.used + cost > self.quota:
            return _json(*QUOTA)
        self.used += cost
        sent = self._show(chat, body["messages"])
        if key:
            self.keys[key] = (self.now(), sent)
        return _json(200, sent)

    def _show(self, chat: str, messages: Sequence[dict[str, Any]]) -> dict[str, Any]:
        self.delivered += [(chat, message) for message in messages]
        return {"sentMessages": [{"id": str(next(self._ids)), "quoteToken": "q"} for _ in messages]}

    def _content(self, found: bytes | int) -> web.Response:
        if isinstance(found, bytes):
            return web.Response(body=found, content_type="image/jpeg")
        headers = {"Location": "http://169.254.169.254/"} if found == 302 else None
        return web.Response(status=found, headers=headers)

    def _menus(self, method: str, path: list[str], body: Any) -> web.Response:
        match method, path:
            case "GET", ["richmenu", "list"]:
                return _json(200, {"richmenus": [{"richMenuId": i, **m} for i, m in self.menus.items()]})
            case "POST", ["richmenu"]:
                ident = f"richmenu-{next(self._ids)}"
                self.menus[ident] = body
                return _json(200, {"richMenuId": ident})
            case "POST", ["richmenu", "batch"]:
                moves = {o["from"]: o["to"] for o in body["operations"]}
                self.menu_of = {who: moves.get(ident, ident) for who, ident in self.menu_of.items()}
                return _json(202, {})
            case "GET" | "POST", ["richmenu", ident, "content"] if ident in self.menus:
                return self._picture(method, ident, body)
            case "DELETE", ["richmenu", ident] if self.menus.pop(ident, None):
                self.menu_of = {who: menu for who, menu in self.menu_of.items() if menu != ident}
                return _json(200, {})
            case "GET", ["user", "all", "richmenu"] if "" in self.menu_of:
                return _json(200, {"richMenuId": self.menu_of[""]})
            case "POST", ["user", who, "richmenu", ident] if ident in self.menus:
                if ident not in self.pictures:
                    return _json(400, {"message": "must upload richmenu image before applying it to user"})
                self.menu_of["" if who == "all" else who] = ident
                return _json(200, {})
        return _json(*FAULTS["404"])

    def _picture(self, method: str, ident: str, body: Any) -> web.Response:
        if method == "GET":
            return self._content(self.pictures.get(ident, 404))
        if not isinstance(body, bytes) or len(body) > 1024 * 1024:
            return _json(*FAULTS["413"])
        self.pictures[ident] = body
        return _json(200, {})


def problems(messages: Any) -> list[str]:
    """What LINE would refuse in a list of message objects (reference, "message objects")."""
    if not isinstance(messages, list) or not 1 <= len(messages) <= 5:
        return ["The request body has 1 error(s): messages, size must be between 1 and 5"]
    return [f"messages[{n}].{wrong}" for n, message in enumerate(messages) for wrong in _message_problems(message)]


def pressable(part: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The boxes of a bubble's body that do something when they are pressed."""
    below = [box for inner in (*part.get("contents", ()), part.get("body")) if inner for box in pressable(inner)]
    return [part, *below] if part.get("type") == "box" and "action" in part else below


def images(part: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    below = [image for inner in (*part.get("contents", ()), part.get("body")) if inner for image in images(inner)]
    return [part, *below] if part.get("type") == "image" else below


def _message_problems(message: Mapping[str, Any]) -> list[str]:
    wrong = []
    match message:
        case {"type": "text", "text": str(text)}:
            wrong += ["text: May not be empty"] if not text.strip() else []
            wrong += ["text: too long"] if graphemes.utf16(text) > 5_000 else []
        case {"type": "image" | "video", "originalContentUrl": str(url), "previewImageUrl": str(preview)}:
            wrong += [f"{u}: must be HTTPS" for u in (url, preview) if not u.startswith("https://") or len(u) > 2_000]
        case {"type": "audio", "originalContentUrl": str(url), "duration": int(duration)}:
            wrong += ["originalContentUrl: must be HTTPS"] if not url.startswith("https://") else []
            wrong += ["duration"] if duration < 1 else []
        case {"type": "location", "title": str(title), "address": str(address), "latitude": _, "longitude": _}:
            wrong += ["title or address"] if not (0 < len(title) <= 100 and 0 < len(address) <= 100) else []
        case {"type": "flex", "altText": str(alt), "contents": {"type": "bubble"} as bubble}:
            wrong += ["altText"] if not 0 < graphemes.utf16(alt) <= 1_500 else []
            wrong += ["contents: too large"] if len(json.dumps(bubble)) > 30 * 1024 else []
            rows = bubble.get("footer", {}).get("contents", [])
            wrong += [w for row in rows for w in _action_problems(row["action"], 40)]
            wrong += [w for box in pressable(bubble) for w in _action_problems(box["action"], 40)]
            wrong += [f"image: {i['url']}" for i in images(bubble) if not i["url"].startswith("https://")]
        case _:
            wrong.append(f"type: {message.get('type')} is wrong or incomplete")
    items = message.get("quickReply", {"items": []})["items"]
    wrong += ["quickReply: at most 13"] if len(items) > 13 else []
    return wrong + [w for item in items for w in _action_problems(item["action"], 20)]


def _action_problems(action: Mapping[str, Any], most: int) -> list[str]:
    label = action.get("label", "")
    wrong = [f"label: {label!r}"] if not 0 < graphemes.clusters(label) <= most or not label.strip() else []
    match action:
        case {"type": "postback", "data": str(data)}:
            wrong += ["data"] if len(data) > 300 or graphemes.clusters(action.get("displayText", "")) > 300 else []
        case {"type": "message", "text": str(text)}:
            wrong += ["text"] if not 0 < graphemes.clusters(text) <= 300 else []
        case {"type": "uri", "uri": str(uri)}:
            wrong += ["uri"] if len(uri) > 1_000 else []
        case {"type": "location" | "camera" | "cameraRoll"} if most == 20:
            pass
        case _:
            wrong.append(f"action {action.get('type')}")
    return wrong


def _json(status: int, body: Mapping[str, Any]) -> web.Response:
    return web.json_response(body, status=status)
