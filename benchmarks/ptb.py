"""The peer that many bots are: python-telegram-bot with a ConversationHandler and PicklePersistence, at its best.

Its own web server costs 1 ms a request, so uvicorn with uvloop hands it updates; it handles people side by side; its
HTTP client has eight connections, more are slower; the pickle is written every 60 seconds (its default), so a kill
loses what came since. Same eight steps, words of the same length, same alert.
"""

import asyncio
import os
import random
import sys
from typing import Any

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
    MessageHandler,
    PicklePersistence,
    filters,
)
from telegram.request import HTTPXRequest

LANGUAGE, CONSENT, KIND, PLACE, WHEN, SEEN, SEND = range(7)
KINDS = {
    "drugs": "ยาเสพติด", "people": "ค้ามนุษย์", "entry": "ลอบข้ามแดน", "goods": "ของเถื่อน", "scam": "หลอกออนไลน์",
    "weapons": "อาวุธ", "other": "เรื่องอื่น",
}  # fmt: skip
WHENS = {"now": "ตอนนี้", "today": "วันนี้", "yesterday": "เมื่อวาน", "earlier": "ก่อนหน้านั้น"}
Context = ContextTypes.DEFAULT_TYPE
GROUP = 0


def keyboard(question: str, options: dict[str, str]) -> InlineKeyboardMarkup:
    made = [InlineKeyboardButton(f"{n} {text}", callback_data=f"a:{question}:{value}")
            for n, (value, text) in enumerate(options.items(), 1)]  # fmt: skip
    return InlineKeyboardMarkup([made[at : at + 2] for at in range(0, len(made), 2)])


async def pressed(update: Update, context: Context, text: str, markup: InlineKeyboardMarkup | None = None) -> str:
    """Keep the answer, stop the spinner, show what comes next; the answer's value."""
    query = update.callback_query
    assert query and query.data
    _, name, value = query.data.split(":")
    assert context.user_data is not None
    context.user_data[name] = value
    # Both at once, as ours does it: waiting for one after the other would cost the peer a round trip.
    await asyncio.gather(query.answer(), query.edit_message_text(text, reply_markup=markup))
    return value


async def start(update: Update, context: Context) -> int:
    assert update.message
    options = {"th": "ไทย", "lo": "ລາວ", "km": "ខ្មែរ", "en": "English"}
    await update.message.reply_text(
        "คุณพูดภาษาอะไร\nWhich language do you speak?", reply_markup=keyboard("language", options)
    )
    return LANGUAGE


async def language(update: Update, context: Context) -> int:
    text = "มีคนตกอยู่ในอันตรายหรือ โทรเลย\nไทย: ตำรวจ 191\n\nเจ้าหน้าที่ที่ดูแลพื้นที่จะเห็นเรื่องนี้ เราไม่บอกว่าคุณคือใคร\nเริ่มเลยไหม"
    await pressed(update, context, text, keyboard("consent", {"yes": "ใช่ เริ่มเลย"}))
    return CONSENT


async def consent(update: Update, context: Context) -> int:
    await pressed(update, context, "คุณต้องการแจ้งเรื่องอะไร", keyboard("kind", KINDS))
    return KIND


async def kind(update: Update, context: Context) -> int:
    options = {"here": "ส่งตำแหน่ง", "list": "เลือกจากรายการ", "crossing": "ด่านชายแดน"}
    await pressed(update, context, "เกิดขึ้นที่ไหน\nส่งตำแหน่ง หรือพิมพ์ชื่อสถานที่", keyboard("place", options))
    return PLACE


async def place(update: Update, context: Context) -> int:
    assert update.message and update.message.location and context.user_data is not None
    pin = update.message.location
    context.user_data["pin"] = (pin.latitude, pin.longitude)
    await update.message.reply_text("✓ เมืองบึงกาฬ\n\nเกิดขึ้นเมื่อไร", reply_markup=keyboard("when", WHENS))
    return WHEN


async def when(update: Update, context: Context) -> int:
    await pressed(
        update, context, "คุณเห็นหรือได้ยินอะไร\nพิมพ์ หรือส่งรูป วิดีโอ หรือเสียงของคุณ", keyboard("seen", {"back": "ย้อนกลับ"})
    )
    return SEEN


async def seen(update: Update, context: Context) -> int:
    assert update.message and context.user_data is not None
    told = context.user_data
    told["seen"] = update.message.text
    answers = f"เรื่อง: {KINDS[told['kind']]}\nที่ไหน: เมืองบึงกาฬ\nเมื่อไร: {WHENS[told['when']]}"
    text = f"{answers}\nสิ่งที่เห็น: {told['seen']}\n\nถูกต้องไหม"
    await update.message.reply_text(text, reply_markup=keyboard("send", {"ask": "ส่ง", "silent": "ส่งเงียบ ๆ"}))
    return SEND


async def send(update: Update, context: Context) -> int:
    assert context.user_data is not None
    number = f"{random.randrange(10_000):04}-{random.randrange(10_000):04}"
    told = dict(context.user_data)
    context.bot_data.setdefault("cases", {})[number] = told
    coded = f"{KINDS[told['kind']]}\n📍 เมืองบึงกาฬ\n🕘 {WHENS[told['when']]}"
    alert = f"🔵 รายงาน {number}\n{coded}\n👁 ข้อความ\n⏳ ยังไม่มีใครรับเรื่อง"
    buttons = keyboard("case", {"take": "รับเรื่อง", "details": "รายละเอียด", "done": "เสร็จสิ้น"})
    await asyncio.gather(
        pressed(update, context, f"ขอบคุณ รายงานของคุณคือหมายเลข {number}"),
        context.bot.send_message(GROUP, alert, reply_markup=buttons),
    )
    context.user_data.clear()
    return ConversationHandler.END


def build(base_url: str, pickle: str) -> "Application[Any, Any, Any, Any, Any, Any]":
    request = HTTPXRequest(connection_pool_size=8, pool_timeout=60.0)
    made = (
        Application.builder().token("4242:bench").base_url(base_url).updater(None).request(request)
        .persistence(PicklePersistence(pickle)).build()
    )  # fmt: skip
    steps: dict[object, list[Any]] = {
        LANGUAGE: [CallbackQueryHandler(language, "^a:language:")],
        CONSENT: [CallbackQueryHandler(consent, "^a:consent:")],
        KIND: [CallbackQueryHandler(kind, "^a:kind:")],
        PLACE: [MessageHandler(filters.LOCATION, place)],
        WHEN: [CallbackQueryHandler(when, "^a:when:")],
        SEEN: [MessageHandler(filters.TEXT & ~filters.COMMAND, seen)],
        SEND: [CallbackQueryHandler(send, "^a:send:")],
    }
    begin: CommandHandler[Any, Any] = CommandHandler("start", start)
    made.add_handler(ConversationHandler([begin], steps, [begin], name="report", persistent=True, per_message=False))
    return made


async def main(pickle: str, group: str) -> None:
    global GROUP
    GROUP = int(group)
    bot = build(os.environ["PTB_BASE_URL"], pickle)

    async def webhook(request: Request) -> Response:
        await bot.process_update(Update.de_json(orjson.loads(await request.body()), bot.bot))
        return Response()

    app = Starlette(routes=[Route("/telegram", webhook, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", access_log=False))
    async with bot:
        await bot.start()
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        print(f"Listening on http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/", flush=True)
        await bot.bot.set_webhook("https://bench.example/telegram")
        await serving
        await bot.stop()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=__import__("uvloop").new_event_loop) as runner:
        runner.run(main(*sys.argv[1:]))
