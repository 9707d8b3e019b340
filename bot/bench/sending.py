"""Processor time of one message sent, against plain aiohttp and orjson; alone, and with 64 at once."""

import asyncio
import itertools
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from time import process_time

import aiohttp
import orjson

from bot import loop
from bot.bench.peers import root, said
from bot.bench.promises import Measured, Pairs
from bot.channels import Outgoing
from bot.channels.line import Line
from bot.channels.telegram import Telegram

ROUNDS, MESSAGES, AT_ONCE = 7, 256, 64
TOKEN = "4242:bench"  # noqa: S105 - opens nothing
TEXT = "ขอบคุณ รายงานของคุณคือหมายเลข 1234-5678\nเจ้าหน้าที่ที่ดูแลอำเภอเมืองบึงกาฬจะได้รับ"
BUTTONS = [["📝 แจ้งเรื่องใหม่", "restart", "option"], ["📋 เรื่องของฉัน", "status", "option"]]
PART = {"text": TEXT, "buttons": BUTTONS, "attachments": []}
KEY = "b9d5f0a2-3f0e-4c51-8d0e-5b1f3c6a7e21"
CHAT, PERSON = "5000001", "U" + "0" * 32
MARKUP = {"inline_keyboard": [[{"text": t, "callback_data": v} for t, v, _ in BUTTONS]]}
TELEGRAM_BODY = {"chat_id": int(CHAT), "text": TEXT, "reply_markup": MARKUP}
ACTIONS = [
    {"type": "action", "action": {"type": "postback", "label": t, "data": v, "displayText": t}} for t, v, _ in BUTTONS
]
LINE_BODY = {"to": PERSON, "messages": [{"type": "text", "text": TEXT, "quickReply": {"items": ACTIONS}}]}
Send = Callable[[], Awaitable[object]]


def measure(folder: Path, *, full: bool = False, rounds: int = ROUNDS, messages: int = MESSAGES) -> Measured:
    return loop.run(_measure(rounds, messages))


async def _measure(rounds: int, messages: int) -> Measured:
    double = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.bench.wire"),
        cwd=root(),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        base = f"http://127.0.0.1:{int(await said(double).readline())}"
        found = Measured()
        for platform in (_telegram, _line):
            found.add(await platform(base, rounds, messages))
        return found
    finally:
        await double.communicate(b"")


async def _telegram(base: str, rounds: int, messages: int) -> Measured:
    channel = Telegram(TOKEN, "bench-bench-bench-bench", f"{base}/bot", f"{base}/file/bot")
    async with aiohttp.ClientSession() as session:
        plain = poster(session, f"{base}/bot{TOKEN}/sendMessage", TELEGRAM_BODY)
        try:
            return await compare("telegram", lambda: channel.send(Outgoing(CHAT, [PART], KEY)), plain, rounds, messages)
        finally:
            await channel.close()


async def _line(base: str, rounds: int, messages: int) -> Measured:
    channel = Line("secret", "token", base, base)
    async with aiohttp.ClientSession() as session:
        plain = poster(session, f"{base}/v2/bot/message/push", LINE_BODY)
        try:
            return await compare("line", lambda: channel.send(Outgoing(PERSON, [PART], KEY)), plain, rounds, messages)
        finally:
            await channel.close()


def poster(session: aiohttp.ClientSession, url: str, body: object) -> Send:
    """The peer: the same request without a library in between."""
    headers = {"Content-Type": "application/json", "Authorization": "Bearer token", "X-Line-Retry-Key": KEY}

    async def post() -> object:
        async with session.post(url, data=orjson.dumps(body), headers=headers) as answer:
            return orjson.loads(await answer.read())

    return post


async def compare(name: str, ours: Send, plain: Send, rounds: int, messages: int) -> Measured:
    await cost(ours, messages, 8)
    await cost(plain, messages, 8)
    alone, many, crowded = Pairs(), Pairs(), []
    for _ in range(rounds):
        alone.put(await cost(ours, messages, 1), await cost(plain, messages, 1))
        many.put(await cost(ours, messages, AT_ONCE), await cost(plain, messages, AT_ONCE))
        crowded.append(many.ours[-1] / alone.ours[-1])
    ratios = {f"{name}_send_vs_aiohttp": alone.ratio, f"{name}_64_vs_alone": median(crowded)}
    raw = {**alone.raw(f"{name}_send", "us"), **many.raw(f"{name}_send_64", "us")}
    return Measured(ratios, raw)


async def cost(send: Send, messages: int, at_once: int) -> float:
    """Microseconds of this process for one message, with so many under way."""
    left = itertools.count()

    async def work() -> None:
        while next(left) < messages:
            await send()

    started = process_time()
    await asyncio.gather(*(work() for _ in range(at_once)))
    return (process_time() - started) / messages * 1e6
