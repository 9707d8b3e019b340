"""An officer asks the reporter something: a phrase that every language has, or words of their own, marked as such."""

from datetime import timedelta
from functools import partial

from handlers import cards, contact, life
from handlers.clean import defang, quoted, shown
from handlers.desk import announced, moved, picked, redraw, why_not
from handlers.effects import AnswerQuestion, AskReporter, Button, Decision, MoveCase, Record, Say, Status
from handlers.events import Incoming, Tick
from handlers.graphemes import cut
from handlers.life import Who
from handlers.phrases import PHRASES, Phrase, of_kind
from handlers.sending import case_id
from handlers.standing import Act, standing
from handlers.values import replace
from handlers.world import Answers, Case, Query, World
from locales import Words

MOST_OPEN = 3  # questions that wait for one reporter: more is an interrogation
LONGEST = 500  # UTF-16 units of an officer's own words
OWN = "own"  # stands where a phrase's code does; no phrase has it


def ask(act: Act) -> Decision:
    """`/ask NUMBER`: what can be asked; with a phrase's code or own words behind it, it is asked."""
    world, case = act.world, act.case
    if life.move("ask", case.status, standing(world, act.event, case)) is None:
        return (Say(act.event.chat, why_not(act, "ask")),)
    if not case.may_ask or case.practice:
        return (Say(act.event.chat, world.t("The reporter wants no messages.")),)
    if sum(q.state == "asked" for q in case.asked) >= MOST_OPEN:
        return (Say(act.event.chat, world.t("Questions wait for an answer already. Please wait for it.")),)
    words = world.words[world.language]
    if act.words == OWN:
        return own(act)
    if not act.words.strip():
        prompt = world.t("What do you want to ask? In your own words: /ask {number} WORDS", number=case.number)
        buttons = (*cards.phrase_buttons(words, case, of_kind(case.kind)), cards.own_button(words, case, OWN))
        return picked(act, buttons, prompt)
    body = {"code": act.words} if act.words in PHRASES else {"words": cut(shown(act.words), LONGEST)}
    id_ = case_id(world)
    asked = AskReporter(
        id_,
        case.id,
        world.now + timedelta(days=world.rules.answer_days),
        {**body, "by": [act.by.channel, act.by.person]},
    )
    news = contact.nudge(world, case)  # the question itself is read by a press, as everything is that comes unasked
    if case.status is Status.WAITING:
        record = Record("case ask", act.event.sender, case.id)
        return (asked, *news, record, *redraw(world, act.event, case))
    return (asked, *news, *moved(act, "ask", replace(case, status=Status.WAITING)))


def own(act: Act) -> Decision:
    """A message of its own to answer: an answer to a card is talk among officers, and must never reach a reporter."""
    text = act.world.t(
        "Reply to this message: what you write goes to the reporter of {number} as you write it. One reply is sent.",
        number=act.case.number,
    )
    return (Say(act.event.chat, f"✍️ {text}", asks=act.case.id),)


def needs_reply(world: World, event: Incoming) -> Query | None:
    """Whether words that answer a message are a question to a reporter; asked of officers' chats alone."""
    asked = event.replies and (world.group is not None or world.member is not None)
    return Query(asking=event.replies, details=True) if asked else None


def read_out(world: World, event: Incoming) -> tuple[Say, ...]:
    """The questions that wait for an answer from this chat, for whoever asks how their reports stand."""
    return tuple(
        Say(event.chat, spoken(world.words[world.language], case, q.body), answers(world, case, q.id, q.body))
        for case in world.cases
        for q in case.asked
        if q.state == "asked" and case.own
    )


def spoken(words: Words, case: Case, body: Answers) -> str:
    """The question as the reporter reads it."""
    if "code" in body:
        asks = words.t("An officer asks about your report {number}:", number=case.number)
        return f"{asks}\n{words.t(PHRASES[body['code']].text)}"
    return "\n".join(
        [
            words.t("An officer wrote this about your report {number}, in their own words:", number=case.number),
            quoted(defang(body["words"])),
            words.t("Do not write who you are. Do not go anywhere because of this message."),
        ]
    )


def answers(world: World, case: Case, question: int, body: Answers) -> tuple[Button, ...]:
    words = world.words[world.language]
    phrase: Phrase | None = PHRASES.get(body.get("code", ""))
    yes_no = (
        (
            Button("👍 " + words.t("Yes"), f"answer:{question}:yes"),
            Button("👎 " + words.t("No"), f"answer:{question}:no"),
        )
        if phrase and phrase.yes_no
        else ()
    )
    return (
        *yes_no,
        Button("✍️ " + words.t("Answer"), f"answer:{question}:say"),
        Button("🤷 " + words.t("I do not know"), f"answer:{question}:unknown"),
        Button("🙊 " + words.t("I do not say"), f"answer:{question}:declined"),
    )


def taken_back(case: Case) -> tuple[AnswerQuestion, ...]:
    """The reporter takes the report back: of questions only what the officers asked is left."""
    return tuple(
        AnswerQuestion(
            q.id,
            case.id,
            "expired" if q.state == "asked" else q.state,
            {name: q.body[name] for name in ("code", "words", "by") if name in q.body},
        )
        for q in case.asked
    )


def unanswered(number: str, words: Words) -> str:
    return words.t("No answer came about report {number}.", number=number)


def needs_expired(tick: Tick) -> Query:
    return Query(number=tick.args["number"], details=True)


def expired(world: World, event: Incoming, tick: Tick) -> Decision:
    """Nobody answered in time: the officers hear of it, the case is theirs again."""
    for case in world.cases:
        question = next((q for q in case.asked if str(q.id) == tick.args["question"] and q.state == "asked"), None)
        if question is None:
            continue
        after = answered(case, {Who.CLOCK}, question.id)
        move = (
            (MoveCase(case.id, case.status, after.status, after.holder, after.closer, after.ending),)
            if after.status is not case.status
            else ()
        )
        return (
            AnswerQuestion(question.id, case.id, "expired", question.body),
            *move,
            Record("question expired", "", case.id),
            *announced(world, after, partial(unanswered, case.number)),
        )
    return ()


def answered(case: Case, who: set[Who], question: int) -> Case:
    """The case when this question waits no longer: with nothing else to wait for, it is being checked again."""
    others = any(q.state == "asked" for q in case.asked if q.id != question)
    found = None if others else life.move("answered", case.status, who)
    return replace(case, status=found.to) if found else case
