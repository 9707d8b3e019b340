"""What people can ask for with a slash. To add a command, add a function and an entry to COMMANDS, and its words."""

from collections.abc import Callable, Mapping

from handlers import (
    acts,
    after,
    arranging,
    coordinator,
    dashboard,
    duty,
    enrolling,
    hygiene,
    linking,
    locking,
    looking,
    notice,
    panic,
    preferences,
    quota,
    receipts,
    resident,
    rights,
    roster,
    seats,
    standing,
    summary,
    talk,
    training,
    twins,
    watch,
)
from handlers.effects import Decision, Say
from handlers.events import Choice, Command, Incoming
from handlers.fold import skeleton
from handlers.intro import emergency
from handlers.sending import new_report
from handlers.values import dataclass, replace
from handlers.world import Query, World
from locales import N, Words


def nothing(_world: World, _event: Incoming) -> Query | None:
    return None


@dataclass(frozen=True, slots=True)
class Rule:
    """One command: who sees it in their menu, what it needs, what it answers.

    `where`: private | group. `role`: resident (everybody), officer, lead (head and secretary), coordinator.
    """

    text: str
    reply: Callable[[World, Incoming], Decision]
    where: tuple[str, ...] = ("private",)
    role: str = "resident"
    needs: Callable[[World, Incoming], Query | None] = nothing
    words: tuple[str, ...] = ()  # what people type instead, with the slash
    shown: bool = True  # in menus and /help; the others are what a pressed button says on LINE


def code_of(_: World, event: Incoming) -> Query | None:
    return coordinator.needs_code(coordinator.args(event))


def link_code(world: World, event: Incoming) -> Query | None:
    return code_of(world, event) if event.group else None


def on_case(text: str, action: str, *words: str, shown: bool = True) -> Rule:
    """A command of officers that begins with a case number."""

    def needs(world: World, event: Incoming) -> Query | None:
        return acts.needs_typed(world, action, coordinator.args(event))

    return Rule(text, acts.command(action), ("private", "group"), "officer", needs, words, shown)


def start(world: World, event: Incoming) -> Decision:
    """`/start` in private begins a report; `/start CODE` in a group is a link by Telegram's add-to-group button."""
    return linking.link_here(world, event) if event.group else resident.start(world, event)


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
        after.status,
        needs=after.needs_status,
        words=("สถานะ", "ສະຖານະ", "ស្ថានភាព"),
    ),
    "receipt": Rule(
        N("open a report with its receipt: /receipt NUMBER"),
        receipts.command,
        needs=receipts.needs,
        words=("ใบรับ", "ໃບຮັບ", "បង្កាន់ដៃ"),
    ),
    "contact": Rule(N("when the bot may write to me"), after.contact_command, words=("การติดต่อ", "ການຕິດຕໍ່", "ទំនាក់ទំនង")),
    "voice": Rule(
        N("hear the questions, or no longer"), preferences.voice, words=("ฟังเสียง", "ຟັງສຽງ", "ស្ដាប់"), shown=False
    ),
    "pictures": Rule(
        N("see the choices as pictures, or no longer"),
        preferences.pictures,
        words=("ดูรูป", "ເບິ່ງຮູບ", "មើលរូប"),
        shown=False,
    ),
    "clear": Rule(N("empty this chat"), panic.clear, words=("ล้างแชท", "ລ້າງແຊັດ", "សម្អាតការជជែក", "លុបការជជែក")),
    "word": Rule(N("a word that empties this chat: /word WORD"), panic.choose, words=("คำลับ", "ຄຳລັບ", "ពាក្យ")),
    "back": Rule(N("one question back"), resident.back, words=("ย้อนกลับ", "ກັບຄືນ", "ថយក្រោយ")),
    "change": Rule(N("change an answer"), resident.change, words=("แก้ไข", "ແກ້ໄຂ", "កែប្រែ")),
    "cancel": Rule(N("cancel the report"), resident.cancel, words=("ยกเลิก", "ຍົກເລີກ", "បោះបង់")),
    "restart": Rule(N("start over"), resident.restart, words=("เริ่มใหม่", "ເລີ່ມໃໝ່", "ចាប់ផ្តើមថ្មី")),
    "language": Rule(
        N("change the language"), resident.choose_language, ("private", "group"), words=("ภาษา", "ພາສາ", "ភាសា")
    ),
    "privacy": Rule(N("what we keep"), notice.privacy, words=("ความเป็นส่วนตัว", "ຄວາມເປັນສ່ວນຕົວ", "ឯកជនភាព")),
    "mydata": Rule(
        N("what we hold of you"),
        rights.held,
        needs=rights.needs,
        words=("ข้อมูลของฉัน", "ຂໍ້ມູນຂອງຂ້ອຍ", "ទិន្នន័យរបស់ខ្ញុំ"),
    ),
    "forget": Rule(
        N("delete it"),
        rights.forget,
        needs=rights.needs,
        words=("ลบข้อมูล", "ลบข้อมูลของฉัน", "ລຶບຂໍ້ມູນ", "លុបទិន្នន័យ"),
    ),
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
        N("lists: /cases, /cases mine, /cases overdue"),
        looking.listing,
        ("private", "group"),
        "officer",
        looking.needs_list,
        ("รายการ", "ລາຍການ", "បញ្ជី"),
    ),
    "case": on_case(N("show a case: /case NUMBER"), "case", "เคส", "เรื่อง", "ເຄສ", "ເລື່ອງ", "ករណី"),
    "take": on_case(N("take a case: /take NUMBER"), "take", "รับเรื่อง", "ຮັບເລື່ອງ", "ទទួល"),
    "details": on_case(N("read a case in private: /details NUMBER"), "details", "รายละเอียด", "ລາຍລະອຽດ", "លម្អិត"),
    "translate": on_case(
        N("have a machine translate it: /translate NUMBER"), "translate", "แปล", "ແປ", "បកប្រែ", shown=False
    ),
    "checking": on_case(N("say that you check a case: /checking NUMBER"), "checking", "ตรวจสอบ", "ກວດເບິ່ງ", "ពិនិត្យ"),
    "close": on_case(N("close a case: /close NUMBER"), "close", "done", "ปิดเรื่อง", "เสร็จสิ้น", "ສຳເລັດ", "ປິດເລື່ອງ", "បញ្ចប់"),
    "ask": on_case(N("ask the reporter: /ask NUMBER"), "ask", "ถามผู้แจ้ง", "ถาม", "ຖາມຜູ້ແຈ້ງ", "ຖາມ", "សួរ"),
    "note": on_case(N("note something: /note NUMBER WORDS"), "note", "บันทึก", "ບັນທຶກ", "កត់ត្រា"),
    "near": on_case(N("what was reported near: /near NUMBER"), "near", "ใกล้เคียง", "ໃກ້ຄຽງ", "ក្បែរ"),
    "handover": on_case(N("hand a case over: /handover NUMBER PLACE"), "handover", "ส่งต่อ", "ສົ່ງຕໍ່", "ប្រគល់"),
    "merge": on_case(N("two reports, one event: /merge NUMBER NUMBER"), "merge", "รวมเรื่อง", "ລວມເລື່ອງ", "បញ្ចូលគ្នា"),
    "split": on_case(N("apart again: /split NUMBER"), "split", "แยกเรื่อง", "ແຍກເລື່ອງ", "បំបែក"),
    "accept": on_case(N("take over what is offered: /accept NUMBER"), "accept", "รับช่วง", "ຮັບຊ່ວງ", "ទទួលយក", shown=False),
    "refuse": on_case(N("do not take it over: /refuse NUMBER"), "refuse", "ไม่รับ", "ບໍ່ຮັບ", "មិនទទួល", shown=False),
    "reopen": on_case(N("open a closed case again: /reopen NUMBER"), "reopen", "เปิดเรื่องใหม่", "ເປີດເລື່ອງຄືນ", "បើកវិញ"),
    "release": on_case(N("give a case back: /release NUMBER"), "release", "คืนเรื่อง", "ສົ່ງເລື່ອງຄືນ", "ប្រគល់វិញ"),
    "confirm": on_case(N("agree to close: /confirm NUMBER"), "confirm", "ยืนยัน", "ຢືນຢັນ", "បញ្ជាក់", shown=False),
    "contest": on_case(N("do not close yet: /contest NUMBER"), "contest", "ยังไม่ปิด", "ຍັງບໍ່ປິດ", "មិនទាន់បិទ", shown=False),
    "more": on_case(N("more to do with a case: /more NUMBER"), "more", "เพิ่มเติม", "ເບິ່ງຕື່ມ", "បន្ថែម", shown=False),
    "name": Rule(
        N("what the cards call me: /name NAME"),
        standing.rename,
        ("private", "group"),
        "officer",
        words=("ชื่อ", "ຊື່", "ឈ្មោះ"),
    ),
    "myactions": Rule(
        N("what I did last"),
        watch.own,
        ("private",),
        "officer",
        watch.needs_own,
        ("สิ่งที่ฉันทำ", "ສິ່ງທີ່ຂ້ອຍເຮັດ", "សកម្មភាពខ្ញុំ"),
    ),
    "account": Rule(
        N("I use two apps: /account"),
        twins.account,
        ("private",),
        "officer",
        twins.needs,
        ("รวมบัญชี", "ຮວມບັນຊີ", "ភ្ជាប់គណនី"),
    ),
    "join": Rule(
        N("take up a role: /join CODE"),
        enrolling.join,
        ("private",),
        "officer",
        code_of,
        ("เข้าร่วม", "ເຂົ້າຮ່ວມ", "ចូលរួម"),
    ),
    "duty": Rule(
        N("who is on duty: /duty on, /duty off"),
        duty.duty,
        ("private", "group"),
        "officer",
        words=("เวร", "เข้าเวร", "ເວນ", "ວຽກເວນ", "វេន", "វេនយាម"),
    ),
    "invite": Rule(
        N("a code for a new officer: /invite SEAT"),
        enrolling.invite,
        ("private",),
        "lead",
        words=("เชิญ", "ເຊີນ", "អញ្ជើញ"),
    ),
    "roster": Rule(
        N("who sits in the district"),
        roster.roster,
        ("private",),
        "lead",
        roster.needs,
        ("รายชื่อ", "ລາຍຊື່", "បញ្ជីឈ្មោះ"),
    ),
    "trust": Rule(
        N("groups that a coordinator has to look at"),
        hygiene.trust,
        ("private",),
        "coordinator",
        words=("ตรวจกลุ่ม", "ກວດກຸ່ມ", "ពិនិត្យក្រុម"),
    ),
    "link": Rule(
        N("link a group: /link DISTRICT"),
        linking.link,
        ("private", "group"),
        "coordinator",
        link_code,
        ("เชื่อมกลุ่ม", "ເຊື່ອມກຸ່ມ", "ភ្ជាប់ក្រុម"),
    ),
    "unlink": Rule(N("this group gets no more reports"), coordinator.unlink, ("group",), "coordinator"),
    "detail": Rule(N("what cards show: /detail headline or full"), coordinator.detail, ("group",), "coordinator"),
    "district": Rule(N("district in or out: /district TH3801 on"), arranging.district, ("private",), "coordinator"),
    "lock": Rule(
        N("take the role from a lost phone"),
        locking.lock,
        ("private",),
        "coordinator",
        words=("ถอนสิทธิ์", "ล็อก", "ຖອນສິດ", "ລັອກ", "ដកសិទ្ធិ", "ចាក់សោ"),
    ),
    "desk": Rule(
        N("figures and open cases on one page"),
        dashboard.ask,
        ("private",),
        "coordinator",
        words=("แดชบอร์ด", "หน้าสรุป", "ໜ້າສະຫຼຸບ", "ទំព័រសង្ខេប"),
    ),
    "training": Rule(
        N("a training day: /training DISTRICT until 16:30"),
        training.command,
        ("private",),
        "coordinator",
        words=("ฝึกซ้อม", "ວັນຝຶກ", "ហ្វឹកហាត់"),
    ),
    "quota": Rule(
        N("LINE messages: used and left"),
        quota.reply,
        ("private", "group"),
        "coordinator",
        quota.needs,
        ("โควตา", "โควต้า", "ໂຄຕ້າ", "ໂຄວຕ້າ", "កូតា"),
    ),
    "rules": Rule(N("routing rules"), arranging.rules, ("private",), "coordinator"),
}
BY_WORD = {skeleton(word): name for name, rule in COMMANDS.items() for word in (name, *rule.words)}
RANKS = ("resident", "officer", "lead", "coordinator")
PRESSED = ("duty", "invite", "roster", "trust")  # commands whose buttons say the same as their words


def find(command: Command) -> Rule | None:
    name = BY_WORD.get(skeleton(command.name))
    return COMMANDS[name] if name else None


def spoken(event: Incoming) -> Incoming:
    """A press of a button that stands for a command, as that command."""
    if not isinstance(event.body, Choice) or not event.body.value.startswith(PRESSED):
        return event
    name, _, rest = event.body.value.partition(":")
    return replace(event, body=Command(name, rest.replace(":", " "))) if name in PRESSED else event


def role(world: World) -> str:
    if world.member:
        return seats.rank(world.member)
    return "officer" if world.group else "resident"


def menu(words: Words, where: str, rank: str) -> list[tuple[str, str]]:
    """The commands somebody of that rank sees there, with their descriptions."""
    mine = RANKS[: RANKS.index(rank) + 1]
    return [
        (name, words.t(rule.text))
        for name, rule in COMMANDS.items()
        if rule.shown and where in rule.where and rule.role in mine
    ]


def reply(world: World, event: Incoming, command: Command) -> Decision:
    """Answer a command; in private an unknown one is said to be so, in a group it is somebody else's."""
    rule = find(command)
    if event.group and world.group is None:  # a foreign group hears nothing, whoever asks there
        return linking.link_here(world, event) if rule and rule.reply in (start, linking.link) else ()
    if event.group and (rule is None or "group" not in rule.where):
        return ()  # somebody else's, or a resident's: a group is no place to report
    if rule is None:
        text = world.t("I do not know this command. /help shows what I can do.")
        return (Say(event.chat, text, talk.way_on(world)),)
    if rule.role != "resident" and rule.reply is not enrolling.join and role(world) == "resident":
        return refuse(world, event)
    if is_act(rule) and (stopped := enrolling.stopped(world, event)) is not None:
        return stopped
    return rule.reply(world, event)


def is_act(rule: Rule) -> bool:
    """Whether only somebody with a seat may say it, who is in the group still; coordinators are asked by each rule."""
    return rule.role in ("officer", "lead") and rule.reply is not enrolling.join


def too_many_codes(world: World, event: Incoming) -> Decision:
    """A foreign group hears nothing, as ever."""
    if event.group and world.group is None:
        return ()
    text = world.t("Too many codes were not good. Please wait ten minutes, then try once more.")
    return (Say(event.chat, text, () if event.group else talk.way_on(world)),)


def refuse(world: World, event: Incoming) -> Decision:
    return (Say(event.chat, world.t("This is for officers and coordinators."), talk.way_on(world)),)
