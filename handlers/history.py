"""What people with a role do and read, as it is written into the history, and how it reads to themselves."""

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime

from handlers.effects import Record
from handlers.events import Incoming
from handlers.values import dataclass
from locales import N

POINTED_OUT = "pointed out"  # written about a person when their reading was pointed out to the coordinators
MISSED = "not found"
# Written without a person: the history must not tie a reporter to a case, and the clock is nobody.
BY_REPORTER = frozenset(
    {
        "case withdraw",
        "words changed",
        "file replaced",
        "file deleted",
        "question answered",
        "question unknown",
        "question declined",
    }
)
BY_CLOCK = frozenset({"question expired", "handover over", "step", "step passed", "case returned", "group in doubt"})
# TRANSLATORS: lines of the list of what somebody did themselves, after the time and before the case's number.
WRITTEN = {
    "details": N("read the details"),
    "card": N("looked at the card"),
    "translated": N("had a machine translate the words"),
    "cases": N("listed the open cases"),
    "summary": N("read a summary"),
    "actions": N("looked at this list"),
    MISSED: N("asked for a case that was not found"),
    "case take": N("took the case"),
    "case checking": N("is checking the case"),
    "case ask": N("asked the reporter"),
    "case accept": N("accepted the case"),
    "case release": N("gave the case back"),
    "case close": N("closed the case"),
    "case propose": N("asked to close the case"),
    "case confirm": N("agreed to close the case"),
    "case contest": N("did not agree to close the case"),
    "case reopen": N("opened the case again"),
    "merged": N("put reports of one event together"),
    "split": N("took a report out of its event"),
    "near": N("looked at what was reported near"),
    "note": N("noted something"),
    "handover offered": N("offered the case to another place"),
    "handover refused": N("did not take a case over"),
    "locked a coordinator": N("took the role from a coordinator"),
    "named": N("changed the name on the cards"),
    "joined as officer": N("joined as officer"),
    "joined as coordinator": N("joined as coordinator"),
    "invited": N("made a code for an officer"),
    "roster": N("looked at the roster"),
    "officer removed": N("took an officer off the roster"),
    "officer left": N("left the group"),
    "duty on": N("went on duty"),
    "duty off": N("went off duty"),
    "group trusted": N("looked at a group and found it all right"),
    "code made": N("made a code for a group"),
    "account code made": N("asked for a code to join two apps"),
    "accounts joined": N("joined two apps"),
    "group link asked": N("asked to link a group"),
    "group link refused": N("did not agree to link a group"),
    "group linked": N("linked a group"),
    "group unlinked": N("unlinked a group"),
    "group detail": N("changed what a group's cards show"),
    "group language": N("changed a group's language"),
    "district on": N("took a district into the programme"),
    "district off": N("took a district out of the programme"),
    "training begun": N("began a training day"),
    "training ended": N("ended a training day"),
    "rule added": N("added a routing rule"),
    "rule dropped": N("removed a routing rule"),
    "dashboard link": N("asked for the link of the desk page"),
    "dashboard": N("opened the desk page"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the history: what the person who asks did. `case` is the number people see, empty without one."""

    at: datetime
    action: str
    case: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Watch:
    """How much reading by one person is usual; 0 means that any is. `night` is a span of local hours."""

    details_an_hour: int = 15
    others_cases_a_day: int = 10
    night_details: int = 8
    misses_an_hour: int = 5
    night: tuple[int, int] = (22, 5)


def recorded(event: Incoming, action: str, case: int = 0, **facts: str) -> tuple[Record, ...]:
    """A row for the history; none where the platform does not say who it was."""
    return (Record(action, event.sender, case, facts),) if event.sender else ()
