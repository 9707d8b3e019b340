"""Reports of one event are worked on together: what is done with one is done with all, each reporter hears of it."""

from handlers.desk import one_moved, redrawn, siblings
from handlers.effects import Decision, Effect, Join, Record, Say
from handlers.life import ENDED, NEW
from handlers.numbers import read_case_number
from handlers.standing import Act, may_work
from handlers.values import replace
from handlers.world import Case, World


def merge(act: Act) -> Decision:
    """`/merge NUMBER NUMBER`: two reports, and what each is put together with already, are one event."""
    world, event = act.world, act.event
    other = named(world, act.words)
    if other is None or other.id == act.case.id or not may_work(world, other):
        text = world.t("Write it like this: /merge {number} and the other number.", number=act.case.number)
        return (Say(event.chat, text),)
    if set(act.case.excluded) != set(other.excluded):
        text = world.t("One of these reports is kept from somebody, the other is not. They stay apart.")
        return (Say(event.chat, text),)
    if act.case.status in ENDED or other.status in ENDED:
        return (Say(event.chat, world.t("One of these reports is closed. Only open ones go together.")),)
    main, joining = (other, act.case) if act.case.status is NEW and other.status is not NEW else (act.case, other)
    id_ = main.event or main.id
    family = (joining, *siblings(world, joining))
    after = [
        replace(c, event=id_, status=main.status, holder=main.holder, closer=main.closer, ending=main.ending)
        for c in family
    ]
    made: list[Effect] = [Join((main.id, *(c.id for c in family)), id_), Record("merged", event.sender, main.id)]
    seen = replace(world, cases=tuple({c.id: c for c in (*world.cases, replace(main, event=id_), *after)}.values()))
    for was, now in zip(family, after, strict=True):
        made.append(Record("merged", event.sender, was.id))
        made += (
            one_moved(replace(act, world=seen), "merged", was, now)
            if was.status is not now.status
            else redrawn(seen, now)
        )
    made += redrawn(seen, replace(main, event=id_))
    text = world.t(
        "{one} and {other} are one event now. What is done with one is done with both.",
        one=main.number,
        other=joining.number,
    )
    return (*made, Say(event.chat, text))


def split(act: Act) -> Decision:
    """`/split NUMBER`: this report stands for itself again, as far as it has come."""
    world, case = act.world, act.case
    if not siblings(world, case):  # none that whoever asks may know of
        return (Say(act.event.chat, world.t("Report {number} stands for itself already.", number=case.number)),)
    others = siblings(world, case)
    alone = (case.id, *(c.id for c in others)) if len(others) == 1 else (case.id,)
    apart = replace(world, cases=tuple(replace(c, event=0) if c.id in alone else c for c in world.cases))
    text = world.t("Report {number} stands for itself again.", number=case.number)
    return (
        Join(alone, 0),
        Record("split", act.event.sender, case.id),
        *(say for c in (case, *others) for say in redrawn(apart, replace(c, event=0 if c.id in alone else c.event))),
        Say(act.event.chat, text),
    )


def named(world: World, text: str) -> Case | None:
    number = read_case_number(text)
    return next((c for c in world.cases if c.number == number), None)
