"""Who sits in a district's group: the seats, and how a person who has one is written down."""

from datetime import datetime

from handlers.effects import Enroll
from handlers.world import Member
from locales import N, Words

# TRANSLATORS: the seats of the officers of a district, on buttons: at most 14 letters for all of these.
SEATS = {
    # TRANSLATORS: leads the officers of a district.
    "head": ("⭐", N("Head")),
    "secretary": ("🗂", N("Secretary")),
    # TRANSLATORS: coordinates the villages of a district.
    "village": ("🏘", N("Village lead")),
    "immigration": ("🛂", N("Immigration")),
    "police": ("👮", N("Police")),
    "customs": ("📦", N("Customs")),
}
LEADS = ("head", "secretary")  # who may look after the roster of their own district


def seat_text(words: Words, seat: str) -> str:
    """A seat as people read it; those who were officers before there were seats are officers."""
    return words.t(SEATS[seat][1]) if seat in SEATS else words.t("officer")


def enrolled(
    member: Member,
    *,
    name: str | None = None,
    language: str = "",
    duty: tuple[datetime, datetime] | None = None,
    same: str = "",
) -> Enroll:
    """A person with a role as they are, but for what is given."""
    return Enroll(
        member.person,
        member.role,
        member.scope,
        member.chat,
        language or member.language,
        member.name if name is None else name,
        member.seat,
        member.since,
        duty or member.duty,
        same or member.same,
    )
