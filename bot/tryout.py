"""`ntswatch try`: the whole product on this machine, three phones on one page, nothing faked between them."""

import random
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from bot.app import App
from bot.settings import Settings
from bot.webchat import Phone, Stage
from handlers.dates import daypart, local_day
from handlers.events import Address, Body, Command, Incoming, Tick
from handlers.kinds import KINDS
from handlers.numbers import case_number
from storage import codes

DISTRICT = "TH3801"  # Mueang Bueng Kan, where the fifth friendship bridge stands
NEAR = (DISTRICT, DISTRICT, DISTRICT, "TH3804", "TH3806", "TH4301")
RESIDENT, OFFICER, COORDINATOR = (Address("web", f"p-{who}") for who in ("resident", "officer", "coordinator"))
GROUP = Address("web", "g-mueang-bueng-kan")
CASES = 24
WORDS = {
    "th": ("เห็นเรือไม่เปิดไฟจอดใกล้หาดทราย", "มีรถตู้มารับคนหลายคนตอนดึก", "มีกล่องหลายใบขนขึ้นจากท่าน้ำ"),
    "lo": ("ເຫັນເຮືອບໍ່ມີໄຟຈອດຢູ່ແຄມນ້ຳ", "ມີລົດຕູ້ມາຮັບຄົນຫຼາຍຄົນຕອນເດິກ", "ມີຄົນໂທມາຫຼອກໃຫ້ໂອນເງິນ"),
    "km": ("ឃើញទូកគ្មានភ្លើងចតក្បែរច្រាំង", "មានរថយន្តមកទទួលមនុស្សច្រើននាក់នៅយប់ជ្រៅ"),
}


def settings(given: Settings) -> Settings:
    """The same settings with everything in a folder of its own, and no platform."""
    data = Path("data/try")
    return replace(
        given,
        database=replace(given.database, url=f"sqlite+aiosqlite:///{data}/ntswatch.db"),
        seal=replace(given.seal, keystore=data / "keys"),
        media=replace(given.media, folder=data / "media", store=""),
        telegram=replace(given.telegram, token=""),
        line=replace(given.line, channel_secret=""),
        server=replace(given.server, public_url=""),
    )


def stage(app: App) -> Stage:
    words = app.store.words["en"]
    phones = {
        "resident": Phone(words.t("Resident"), RESIDENT.chat, begins=True),
        "officers": Phone(words.t("Officers of Mueang Bueng Kan"), OFFICER.chat, GROUP.chat, language="th"),
        "coordinator": Phone(words.t("Coordinator"), COORDINATOR.chat, language="th"),
    }
    return Stage(phones, partial(fill, app))


async def people(app: App) -> None:
    """A coordinator links the officers' group and an officer joins, by the same codes and commands as in life."""
    invite = partial(codes.invite, store=app.store)
    if not app.store.directory.members:
        code = await app.database.write(partial(invite, purpose="join", role="coordinator", scope="*"))
        await app.turns.handle([said(app, COORDINATOR, Command("join", code))])
    if GROUP not in app.store.directory.groups:
        code = await app.database.write(partial(invite, purpose="link", role="", scope=DISTRICT))
        await app.turns.handle([said(app, GROUP, Command("link", code), COORDINATOR)])
    if not app.store.directory.seated(DISTRICT):
        code = await app.database.write(partial(invite, purpose="join", role="officer", scope=DISTRICT, seat="head"))
        await app.turns.handle([said(app, OFFICER, Command("join", code))])


def said(app: App, chat: Address, body: Body, by: Address | None = None, at: datetime | None = None) -> Incoming:
    group = chat == GROUP
    return Incoming(secrets.token_hex(8), at or app.store.now(), chat, (by or chat).chat, body, group)


async def fill(app: App) -> int:
    """A day of plausible cases, some of them taken and done; marked as practice wherever they are shown."""
    draw = random.Random(secrets.randbits(64))  # noqa: S311 plausible, not secret
    events = [event for _ in range(CASES) for event in one_case(app, draw)]
    await app.turns.handle(sorted(events, key=lambda e: e.at))
    return CASES


def one_case(app: App, draw: random.Random) -> Sequence[Incoming]:
    """One case as ticks: it opens some hours ago, is taken minutes later, is done within the hour, or is not."""
    now, zone = app.store.now(), app.settings.zone
    opened = now - timedelta(minutes=draw.randrange(5, 20 * 60))
    language = draw.choice(("th", "th", "lo", "km"))
    number = case_number(draw.randbytes(16))
    given = {
        "as": number,
        "district": draw.choice(NEAR),
        "kind": draw.choice(tuple(KINDS)),
        "language": language,
        "day": local_day(opened, zone).isoformat(),
        "part": daypart(opened, zone),
        "text": draw.choice(WORDS[language]),
    }
    taken = opened + timedelta(minutes=draw.randrange(2, 50))
    done = taken + timedelta(minutes=draw.randrange(10, 180))
    moves = [(taken, "taken"), (done, "closed")][: draw.choice((0, 1, 1, 2, 2))]
    by = app.store.words["th"].t("officer {number}", number=2)  # the group on the stage speaks Thai
    ticks = [(at, Tick("practice move", {"number": number, "to": to, "by": by})) for at, to in moves if at < now]
    return [said(app, GROUP, Tick("practice", given), at=opened), *(said(app, GROUP, t, at=at) for at, t in ticks)]
