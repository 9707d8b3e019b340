"""LINE: webhook bodies to events, our messages to replies and pushes.

The parts: `line_parse` reads, `line_render` draws, `line_wire` speaks HTTP, `line_api` changes the account through
line-bot-sdk, `line_menu` makes the rich menus. Facts: developers.line.biz/en/reference/messaging-api/.

In the LINE Developers Console an operator switches on "Use webhook", "Webhook redelivery" (redelivered events carry
the same id, so they are handled once) and "Allow bot to join group chats", and switches off auto-reply messages.
"""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any
from urllib.parse import quote

from bot.channels import Outgoing, Pace, Poison, SendError, Spent, line_parse, line_render
from bot.channels.line_api import Api
from bot.channels.line_menu import install
from bot.channels.line_picture import Menu
from bot.channels.line_wire import Answer, Lost, Wire, checked
from bot.pictures import PLACE as PICTURES
from handlers.events import Incoming

TIMEOUT = 8.0  # seconds of one request: two tries of a reply fit into what is left of its token's minute
MOST_CONTENT = 20 * 1024 * 1024  # bytes of one file, the same as Telegram lets a bot fetch
ENDPOINT = "/v2/bot/channel/webhook/endpoint"
REF = re.compile(r"[A-Za-z0-9_-]{1,64}")  # message ids are digits today; nothing else may get into a path


class Line:
    """The LINE channel. `menus` are installed by `start`, the first as everybody's default.

    `destination` is the bot's own user id; `start` asks for it when it is empty. `timeout` in seconds.
    """

    name = "line"
    # LINE takes 2,000 requests a second on an endpoint and names no limit for one chat; ours only keep one busy chat
    # from crowding out the others.
    pace = Pace(
        all_per_second=1_900.0,
        chat_per_second=20.0,
        chat_burst=20,
        group_per_second=20.0,
        group_burst=20,
    )

    def __init__(
        self,
        channel_secret: str,
        access_token: str,
        base_url: str = "https://api.line.me",
        blob_base_url: str = "https://api-data.line.me",
        *,
        destination: str = "",
        menus: Sequence[Menu] = (),
        timeout: float = TIMEOUT,
        most_content: int = MOST_CONTENT,
    ) -> None:
        self._secret, self._destination = channel_secret.encode(), destination
        self._wire = Wire(access_token, base_url, blob_base_url, timeout)
        self._api = Api(self._wire, access_token)
        self._menus, self._menu_ids = tuple(menus), dict[str, str]()
        self._most = most_content
        self._basic_id = self._pictures = ""

    @property
    def link(self) -> str:
        return f"https://line.me/R/ti/p/{quote(self._basic_id)}" if self._basic_id else ""

    def parse(self, body: bytes, headers: Mapping[str, str]) -> list[Incoming | Poison]:
        """Events of one webhook body; the signature comes before everything else. Raises BadSignature."""
        line_parse.verify(self._secret, body, headers)
        return line_parse.read(body, self._destination)

    def split(self, messages: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
        return line_render.split(messages)

    def is_group(self, chat: str) -> bool:
        return line_render.is_group(chat)

    async def send(self, out: Outgoing) -> str:
        """By the reply token where there is one (free of charge), else by push (counted per member).

        A reply has no retry key, so when its answer is lost it is tried once more with the same token: a refused token
        then means that the first try arrived, and the id of the message is unknown (empty). Raises Spent when the
        token is refused and no try of ours here explains it.
        """
        messages = line_render.render(out.chat, out.messages, self._pictures)
        if not messages:
            raise SendError("nothing to show", None)
        if out.reply_token:
            return await self._reply(out.reply_token, messages, out.again)
        body = {"to": out.chat, "messages": messages}
        answer = await self._wire.ask("POST", "/v2/bot/message/push", body, key=out.key)
        if answer.status == 409:  # a request with this retry key was accepted before
            return _last_id(answer)
        return _last_id(checked(answer))

    async def _reply(self, token: str, messages: list[dict[str, Any]], again: bool) -> str:
        body, lost = {"replyToken": token, "messages": messages}, False
        try:
            answer = await self._post_reply(body)
        except Lost:
            if again:  # time passes, and a token that has become too old is refused as well
                raise
            lost = True
            answer = await self._post_reply(body)
        if answer.good:
            return _last_id(answer)
        if answer.status == 400 and "reply token" in answer.words:
            if lost:
                return ""
            raise Spent
        raise answer.failure

    async def _post_reply(self, body: dict[str, Any]) -> Answer:
        answer = await self._wire.ask("POST", "/v2/bot/message/reply", body)
        if answer.status >= 500:
            raise answer.failure
        return answer

    async def fetch(self, ref: str) -> AsyncIterator[bytes]:
        """Bytes of the file of message `ref`; LINE deletes them after a time it does not tell."""
        if not REF.fullmatch(ref):
            raise SendError("bad reference", None)
        async with aclosing(self._wire.stream(f"/v2/bot/message/{ref}/content", self._most)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def acknowledge(self, press: str) -> None:
        """Nothing spins on LINE."""

    async def leave(self, chat: str) -> None:
        kind = "room" if chat.startswith("R") else "group"
        answer = await self._wire.ask("POST", f"/v2/bot/{kind}/{chat}/leave")
        if not answer.good and answer.status != 404:  # 404: not in it any more
            raise answer.failure

    async def member(self, chat: str, person: str) -> bool | None:
        """LINE answers with the person's profile, which nobody reads: that it answers is the sign."""
        if not (REF.fullmatch(chat) and REF.fullmatch(person)):
            return False
        kind = "room" if chat.startswith("R") else "group"
        answer = await self._wire.ask("GET", f"/v2/bot/{kind}/{chat}/member/{person}")
        if answer.status == 404:  # they are not in it, or we are not
            await self._ask(f"/v2/bot/{kind}/{chat}/members/count")
            return False
        if answer.status == 403:
            return None
        checked(answer)
        return True

    async def sees(self, chat: str) -> bool:
        """LINE tells every account that is in a group (reference, "member join event")."""
        return True

    async def erase(self, chat: str, messages: Sequence[str]) -> None:
        """LINE lets no bot delete a message; the privacy text says so beforehand."""

    async def introduce(self) -> None:
        """Learn the account's ids. Raises SendError."""
        who = await self._ask("/v2/bot/info")
        self._destination = self._destination or str(who.get("userId", ""))
        self._basic_id = str(who.get("basicId", ""))

    async def start(self, public_url: str) -> None:
        """Learn who we are, point the webhook at us, install the menus. Nothing is changed that is right already.

        What is sent meanwhile waits for nothing of this, and looks as it will afterwards.
        """
        ours = public_url.rstrip("/") if public_url.startswith("https://") else ""  # LINE takes no other
        self._pictures = f"{ours}{PICTURES}" if ours else ""
        await self.introduce()
        if ours:
            await self._point_webhook(f"{ours}/line")
        if self._menus:
            self._menu_ids = await install(self._api, self._menus)

    async def _point_webhook(self, wanted: str) -> None:
        answer = await self._wire.ask("GET", ENDPOINT)
        if answer.status != 404 and not answer.good:  # 404: none was ever set
            raise answer.failure
        if answer.json.get("endpoint") != wanted:
            checked(await self._api.call("PUT", ENDPOINT, {"endpoint": wanted}))

    async def delivers(self, public_url: str) -> bool:
        there = await self._ask(ENDPOINT)
        return not public_url or (
            there.get("endpoint") == f"{public_url.rstrip('/')}/line" and bool(there.get("active"))
        )

    async def check(self, public_url: str) -> list[str]:
        """Whether LINE would reach us, and whether this month's messages last. Raises SendError."""
        found = []
        wanted = f"{public_url.rstrip('/')}/line"
        there = (await self._wire.ask("GET", ENDPOINT)).json
        if there.get("endpoint") != wanted:
            found.append(f"line: the webhook is not {wanted}; `ntswatch run` sets it, with server.public_url")
        elif not there.get("active"):
            found.append("line: the webhook is off; switch it on in the LINE Developers console")
        limit, used = await self.quota()
        if limit is not None and used * 100 >= limit * 80:
            found.append(f"line: {used} of {limit} messages of this month are used")
        return found

    async def speak(self, chat: str, language: str, rank: str = "") -> None:
        await self.link_menu(chat, language)

    async def link_menu(self, person: str, language: str) -> None:
        """Show this person the menu of their language from now on. Raises SendError."""
        menu = self._menu_ids.get(language)
        if menu and not self.is_group(person):
            checked(await self._wire.ask("POST", f"/v2/bot/user/{person}/richmenu/{menu}"))

    async def members(self, chat: str) -> int:
        """How many people a push to this chat is charged for (without ourselves). Raises SendError."""
        if not self.is_group(chat):
            return 1
        kind = "room" if chat.startswith("R") else "group"
        return int((await self._ask(f"/v2/bot/{kind}/{chat}/members/count")).get("count", 1))

    async def quota(self) -> tuple[int | None, int]:
        """Messages this month: how many the plan allows (None: as many as we like), and how many are used."""
        allowed = await self._ask("/v2/bot/message/quota")
        used = await self._ask("/v2/bot/message/quota/consumption")
        limit = int(allowed["value"]) if allowed.get("type") == "limited" else None
        return limit, int(used.get("totalUsage", 0))

    async def _ask(self, path: str) -> dict[str, Any]:
        return checked(await self._wire.ask("GET", path)).json

    async def close(self) -> None:
        await self._wire.close()


def _last_id(answer: Answer) -> str:
    sent = answer.json.get("sentMessages") or [{}]
    return str(sent[-1].get("id", ""))
