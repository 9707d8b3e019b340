"""What coordinators arrange beyond groups: districts in and out of the programme, routing rules."""

from handlers.coordinator import args, not_yours, read_scopes, scope_name, within
from handlers.effects import AddRule, Decision, DropRule, Record, Say, SwitchDistrict
from handlers.events import Incoming
from handlers.kinds import KINDS
from handlers.world import EVERYWHERE, World


def district(world: World, event: Incoming) -> Decision:
    """`/district CODE on|off`: a district joins or leaves the programme."""
    name, _, switch = args(event).strip().rpartition(" ")
    scopes = [s for s in read_scopes(world, name) if s in world.gazetteer.districts] if name else []
    if world.member is None or world.member.role != "coordinator":
        return not_yours(world, event)
    if len(scopes) != 1 or switch.casefold() not in ("on", "off"):
        return (Say(event.chat, world.t("Write it like this: /district TH3801 on")),)
    if not within(world, world.member, scopes[0]):
        return not_yours(world, event)
    on = switch.casefold() == "on"
    where = scope_name(world, scopes[0], world.language)
    text = (
        world.t("{place} is in the programme now.", place=where)
        if on
        else world.t("{place} is no longer in the programme.", place=where)
    )
    return (
        SwitchDistrict(scopes[0], on),
        Record("district on" if on else "district off", event.sender, facts={"scope": scopes[0]}),
        Say(event.chat, text),
    )


def rules(world: World, event: Incoming) -> Decision:
    """`/rules` lists the routing rules; `/rules add DISTRICT|* KIND|* HOURS|* TO`, `/rules drop N` change them."""
    member = world.member
    if member is None or member.role != "coordinator" or member.scope != EVERYWHERE:
        return not_yours(world, event)
    match args(event).split():
        case ["add", where, kind, hours, *to] if to and (added := read_rule(world, where, kind, hours, to)):
            return (added, Record("rule added", event.sender), Say(event.chat, world.t("Rule added.")))
        case ["drop", number] if number.isdigit() and any(r.id == int(number) for r in world.directory.rules):
            return (
                DropRule(int(number)),
                Record("rule dropped", event.sender),
                Say(event.chat, world.t("Rule removed.")),
            )
        case []:
            return (Say(event.chat, list_rules(world)),)
    return (
        Say(
            event.chat,
            world.t(
                "Write it like this: /rules add TH3801 drugs 18-6 TH3802\n* means any. /rules drop 3 removes rule 3."
            ),
        ),
    )


def read_rule(world: World, where: str, kind: str, hours: str, to: list[str]) -> AddRule | None:
    start, _, end = hours.partition("-")
    span = (int(start) % 24, int(end) % 24) if start.isdigit() and end.isdigit() else None
    districts = tuple(d.upper() for d in where.split(",")) if where != "*" else ()
    kinds = tuple(kind.split(",")) if kind != "*" else ()
    targets = tuple(t.upper() for t in to)
    known = {*world.gazetteer.districts, *(f"P:{p}" for p in world.gazetteer.provinces), EVERYWHERE}
    if (
        not set(districts) <= known
        or not set(kinds) <= set(KINDS)
        or not set(targets) <= known
        or (span is None and hours != "*")
    ):
        return None
    return AddRule(districts, kinds, span, targets)


def list_rules(world: World) -> str:
    lines = [
        f"{r.id}. {','.join(r.districts) or '*'} · {','.join(r.kinds) or '*'} · "
        f"{'-'.join(map(str, r.hours)) if r.hours else '*'} → {' '.join(r.to)}"
        for r in world.directory.rules
    ]
    last = world.t(
        "Every other report goes to the group of its district, else of its province, else to the coordinators."
    )
    return "\n".join([*lines, last])
