"""The dashboard: a coordinator asks for a link in a chat, and one page shows what the chat would say, always new."""

from collections.abc import Callable
from datetime import timedelta

from handlers import digest, quota, summary
from handlers.coordinator import not_yours
from handlers.dates import local_day
from handlers.effects import Button, ButtonKind, Decision, MakeCode, Record, Say
from handlers.events import Incoming
from handlers.numbers import code as new_code
from handlers.numbers import read_code
from handlers.routing import districts_of
from handlers.standing import own_scope
from handlers.summary import Wanted
from handlers.world import Query, World

PURPOSE = "desk"
SHIFT = timedelta(hours=24)
Panel = tuple[Query, Callable[[World], str]]


def ask(world: World, event: Incoming) -> Decision:
    """`/desk`: a link that opens once. Whoever follows it still has to press: apps look at every link by themselves."""
    member = world.member
    if member is None or member.role != "coordinator":
        return not_yours(world, event)
    if not world.rules.page:
        return (Say(event.chat, world.t("This server has no web page. Please ask your technician.")),)
    code, minutes = new_code(world.dice[:16]), world.rules.code_minutes
    address = f"{world.rules.page}/desk?code={code}"
    text = world.t(
        "Your page of figures and open cases. The link is good for {minutes} minutes, once, for you alone:",
        minutes=minutes,
    )
    button = (Button(world.t("Open"), address, ButtonKind.LINK),) if address.startswith("https:") else ()
    expires = world.now + timedelta(minutes=minutes)
    return (
        MakeCode(read_code(code) or code, PURPOSE, "", member.scope, expires, event.sender),
        Record("dashboard link", event.sender, facts={"scope": member.scope}),
        Say(event.chat, f"{text}\n{address}", button),
    )


def panels(world: World) -> tuple[Panel, ...]:
    """What stands on a coordinator's page, each with what it needs to see: codes and counts, no word of a report."""
    today, scope = local_day(world.now, world.rules.zone), own_scope(world)
    places, since = districts_of(world, scope), world.now - SHIFT
    week = today - timedelta(days=6)
    return (
        (Query(shift=since, untaken=True, open=True, districts=places), lambda w: digest.text(w, since)),
        (
            Query(figures=True, since=today, until=today, districts=places),
            lambda w: summary.picture(w, Wanted(today, today, scope)),
        ),
        (
            Query(figures=True, since=week, until=today, districts=places),
            lambda w: summary.picture(w, Wanted(week, today, scope)),
        ),
        (Query(meter=True), price),
    )


def price(world: World) -> str:
    """LINE's messages, where there is LINE."""
    meter = world.meter
    return quota.text(world) if meter and (meter.read or meter.counted) else ""
