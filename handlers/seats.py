"""Who sits in a district's group: the seats, and how a person who has one is written down."""

from datetime import datetime

from handlers.effects import Enroll, LinkGroup
from handlers.events import Address
from handlers.world import Group, Member
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


def rank(member: Member | None) -> str:
    """What somebody may do, as the table of commands calls it."""
    if member is None:
        return "resident"
    return "lead" if member.role == "officer" and member.seat in LEADS else member.role


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


def linked(group: Group, *, chat: Address | None = None, language: str = "", detail: str = "") -> LinkGroup:
    """A group as it is, but for what is given."""
    return LinkGroup(
        chat or group.chat,
        group.scope,
        language or group.language,
        detail or group.detail,
        group.doubt,
        group.accepted,
    )
