"""What reporters change about their own cases: who may write when, whose it is; and how often receipts are guessed."""

from datetime import timedelta

from sqlalchemy import Connection, func, select, update

from handlers.contact import NEVER
from handlers.effects import Effect, Felt, Guessed, HandOver, SetContact
from handlers.events import Address
from storage.core import CASES, CONTACT, GUESS, OUTBOX
from storage.store import Store, context
from storage.upsert import upsert

WITHIN = timedelta(minutes=10)
MOST_GUESSES = 100  # within that time, of everybody together: with 100,000 receipts a hit takes about 20,000 years


def slowed(connection: Connection, store: Store) -> bool:
    """Whether so many receipts were tried that are none that nobody may try now."""
    since = store.now() - WITHIN
    tried = connection.execute(select(func.sum(GUESS.c.count)).where(GUESS.c.minute > since)).scalar()
    return int(tried or 0) >= MOST_GUESSES


def change(connection: Connection, store: Store, chat: Address, effect: Effect) -> None:
    match effect:
        case SetContact(cases=cases, rule=rule):
            connection.execute(update(CONTACT).where(CONTACT.c.case_id.in_(cases)).values(rule=rule))
            connection.execute(update(CASES).where(CASES.c.id.in_(cases)).values(may_ask=rule != NEVER))
            waiting = update(OUTBOX).where(OUTBOX.c.case_id.in_(cases), OUTBOX.c.state == "held")
            connection.execute(waiting.values(state="todo", due=store.now()))  # the new rule is asked when it leaves
        case Felt(case=case, said=said):
            connection.execute(update(CASES).where(CASES.c.id == case).values(felt=said))
        case HandOver(case=case, receipt=receipt):
            _hand_over(connection, store, chat, case, receipt)
        case Guessed():
            minute = store.now().replace(second=0, microsecond=0)
            connection.execute(upsert(connection, GUESS, {"minute": minute, "count": 1}, ("minute",), add=("count",)))


def _hand_over(connection: Connection, store: Store, chat: Address, case: int, receipt: str) -> None:
    """The case is this chat's: its address, its receipt, its list."""
    owner = {"reporter": store.reporter(chat), "receipt": store.receipt(receipt), "behalf": False}
    connection.execute(update(CASES).where(CASES.c.id == case).values(owner))
    address = store.vault.seal_contact(chat.chat.encode(), context("contact", "address", case))
    reached = {"channel": chat.channel, "lane": store.tag(chat), "address": address, "rule": "any"}
    connection.execute(upsert(connection, CONTACT, {"case_id": case, **reached}, ("case_id",)))
