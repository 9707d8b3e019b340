"""What people can ask for with a slash. To add a command, add a function and an entry to COMMANDS, and its words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from handlers import arranging, coordinator, desk, resident, summary, talk
from handlers.effects import Decision, Say
from handlers.events import Command, Incoming
from handlers.fold import skeleton
from handlers.intro import emergency
from handlers.sending import new_report
from handlers.world import Query, World
from locales import N, Words


def nothing(_world: World, _event: Incoming) -> Query | None:
    return None


@dataclass(frozen=True, slots=True)
class Rule:
    """One command: who sees it in their menu, what it needs, what it answers.

    `where`: private | group. `role`: resident (everybody), officer (a member of a group), coordinator.
    """

    text: str
    reply: Callable[[World, Incoming], Decision]
    where: tuple[str, ...] = ("private",)
    role: str = "resident"
    needs: Callable[[World, Incoming], Query | None] = nothing
    words: tuple[str, ...] = ()  # what people type instead, with the slash


def number_of(_: World, event: Incoming) -> Query | None:
    return desk.needs_number(coordinator.args(event))


def code_of(_: World, event: Incoming) -> Query | None:
    return coordinator.needs_code(coordinator.args(event))


def link_code(world: World, event: Incoming) -> Query | None:
    return code_of(world, event) if event.group else None


def acting(action: str) -> Callable[[World, Incoming], Decision]:
    return lambda world, event: desk.act(world, event, action)


def start(world: World, event: Incoming) -> Decision:
    """`/start` in private begins a report; `/start CODE` in a group is a link by Telegram's add-to-group button."""
    return coordinator.link_here(world, event) if event.group else resident.start(world, event)


def help_(world: World, event: Incoming) -> Decision:
    if event.group and world.group is None:
        return ()
    words = world.words[world.language]
    lines = [f"/{name} – {text}" for name, text in menu(words, "group" if event.group else "private", role(world))]
    if event.group or world.member:
        return (Say(event.chat, "\n".join(lines)),)
    buttons = (*talk.way_on(world), *new_report(world)) if world.memory.answers else new_report(world)
    opening = world.t("Write to me what you saw, or press New report.")
    return (Say(event.chat, "\n".join([opening, "", *lines, "", emergency(world)]), buttons),)


COMMANDS: Mapping[str, Rule] = {
    "start": Rule(
        N("new report"),
        start,
        ("private",),
        needs=link_code,
        words=("report", "แจ้งเหตุ", "แจ้งเรื่องใหม่", "ແຈ້ງເຫດ", "រាយការណ៍"),
    ),
    "status": Rule(
        N("how my reports stand"),
        resident.status,
        needs=lambda _, e: resident.needs_mine(e),
        words=("สถานะ", "ສະຖານະ", "ស្ថានភាព"),
    ),
    "back": Rule(N("one question back"), resident.back, words=("ย้อนกลับ", "ກັບຄືນ", "ថយក្រោយ")),
    "change": Rule(N("change an answer"), resident.change, words=("แก้ไข", "ແກ້ໄຂ", "កែប្រែ")),
    "cancel": Rule(N("cancel the report"), resident.cancel, words=("ยกเลิก", "ຍົກເລີກ", "បោះបង់")),
    "restart": Rule(N("start over"), resident.restart, words=("เริ่มใหม่", "ເລີ່ມໃໝ່", "ចាប់ផ្តើមថ្មី")),
    "language": Rule(
        N("change the language"), resident.choose_language, ("private", "group"), words=("ภาษา", "ພາສາ", "ភាសា")
    ),
    "privacy": Rule(N("what we keep"), resident.privacy, words=("ความเป็นส่วนตัว", "ຄວາມເປັນສ່ວນຕົວ", "ឯកជនភាព")),
    "help": Rule(N("help"), help_, ("private", "group"), words=("ช่วยเหลือ", "วิธีใช้", "ຊ່ວຍເຫຼືອ", "ວິທີໃຊ້", "ជំនួយ", "របៀបប្រើ")),
    "summary": Rule(
        N("summary, for example /summary 7d"),
        summary.reply,
        ("private", "group"),
        "officer",
        summary.needs,
        ("สรุป", "ສະຫຼຸບ", "សង្ខេប"),
    ),
    "cases": Rule(
        N("open cases"),
        desk.listing,
        ("private", "group"),
        "officer",
        lambda w, _: desk.needs_list(w),
        ("รายการ", "ລາຍການ", "បញ្ជី"),
    ),
    "case": Rule(
        N("show a case: /case NUMBER"), desk.show, ("private", "group"), "officer", number_of, ("เคส", "ເຄສ", "ករណី")
    ),
    "take": Rule(
        N("take a case: /take NUMBER"),
        acting("take"),
        ("private", "group"),
        "officer",
        number_of,
        ("รับเรื่อง", "ຮັບເລື່ອງ", "ទទួល"),
    ),
    "details": Rule(
        N("read a case in private: /details NUMBER"),
        acting("details"),
        ("private", "group"),
        "officer",
        number_of,
        ("รายละเอียด", "ລາຍລະອຽດ", "លម្អិត"),
    ),
    "done": Rule(
        N("finish a case: /done NUMBER"),
        acting("done"),
        ("private", "group"),
        "officer",
        number_of,
        ("เสร็จสิ้น", "ปิดเรื่อง", "ສຳເລັດ", "បញ្ចប់"),
    ),
    "name": Rule(
        N("what the cards call me: /name NAME"), desk.rename, ("private", "group"), "officer", words=("ชื่อ", "ຊື່", "ឈ្មោះ")
    ),
    "join": Rule(
        N("take up a role: /join CODE"),
        coordinator.join,
        ("private",),
        "officer",
        code_of,
        ("เข้าร่วม", "ເຂົ້າຮ່ວມ", "ចូលរួម"),
    ),
    "link": Rule(
        N("link a group: /link DISTRICT"),
        coordinator.link,
        ("private", "group"),
        "coordinator",
        link_code,
        ("เชื่อมกลุ่ม", "ເຊື່ອມກຸ່ມ", "ភ្ជាប់ក្រុម"),
    ),
    "unlink": Rule(N("this group gets no more reports"), coordinator.unlink, ("group",), "coordinator"),
    "detail": Rule(N("what cards show: /detail headline or full"), coordinator.detail, ("group",), "coordinator"),
    "district": Rule(N("district in or out: /district TH3801 on"), arranging.district, ("private",), "coordinator"),
    "rules": Rule(N("routing rules"), arranging.rules, ("private",), "coordinator"),
}
BY_WORD = {skeleton(word): name for name, rule in COMMANDS.items() for word in (name, *rule.words)}
RANKS = ("resident", "officer", "coordinator")


def find(command: Command) -> Rule | None:
    name = BY_WORD.get(skeleton(command.name))
    return COMMANDS[name] if name else None


def role(world: World) -> str:
    if world.member:
        return world.member.role
    return "officer" if world.group else "resident"


def menu(words: Words, where: str, rank: str) -> list[tuple[str, str]]:
    """The commands somebody of that rank sees there, with their descriptions."""
    mine = RANKS[: RANKS.index(rank) + 1]
    return [(name, words.t(rule.text)) for name, rule in COMMANDS.items() if where in rule.where and rule.role in mine]


def reply(world: World, event: Incoming, command: Command) -> Decision:
    """Answer a command; in private an unknown one is said to be so, in a group it is somebody else's."""
    rule = find(command)
    if event.group and world.group is None:  # a foreign group hears nothing, whoever asks there
        return coordinator.link_here(world, event) if rule and rule.reply in (start, coordinator.link) else ()
    if event.group and (rule is None or "group" not in rule.where):
        return ()  # somebody else's, or a resident's: a group is no place to report
    if rule is None:
        text = world.t("I do not know this command. /help shows what I can do.")
        return (Say(event.chat, text, talk.way_on(world)),)
    if rule.role != "resident" and rule.reply is not coordinator.join and role(world) == "resident":
        return refuse(world, event)
    return rule.reply(world, event)


def refuse(world: World, event: Incoming) -> Decision:
    return (Say(event.chat, world.t("This is for officers and coordinators."), talk.way_on(world)),)
