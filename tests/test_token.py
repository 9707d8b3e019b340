"""A token that is revoked or changed while the bot runs is noticed and said, and its return as well."""

from pathlib import Path

import pytest

from bot.channels import SendError
from bot.metrics import Figures
from handlers.effects import Enroll
from handlers.events import Address, Command
from storage import directory
from tests.doubles.telegram import broken
from tests.house import House, OnTelegram, until
from tests.town import Town


def refused() -> SendError:
    return SendError("http 401", 60.0, whole_channel=True, charged=False, denied=True)


async def test_coordinators_elsewhere_hear_of_it_once_a_day_and_what_waits_is_sent_later(town: Town) -> None:
    changes: list[directory.Change] = [
        Enroll("c1", "coordinator", "*", Address("line", "c1"), "en"),
        Enroll("c2", "coordinator", "*", Address("telegram", "c2"), "en"),
    ]
    await town.database.write(lambda c: directory.change(c, town.store, changes))
    town.channels["telegram"].failures = [refused(), refused()]
    resident = Address("telegram", "r1")
    await town.says(resident, Command("help"), hint="en")
    assert town.dispatcher.denied == {"telegram"}
    (told,) = town.sent("line", "c1")
    assert "Telegram refuses the bot" in told["text"]
    town.clock.tick(minutes=5)
    await town.deliver()
    town.clock.tick(minutes=5)
    await town.deliver()
    assert town.dispatcher.denied == set()
    assert len(town.sent("line", "c1")) == 1
    assert len(town.sent("telegram", "r1")) == 1
    assert town.sent("telegram", "c2") == []


@pytest.mark.parametrize("code", [401, 404])
async def test_readiness_and_metrics_say_so(tmp_path: Path, code: int) -> None:
    async with House(tmp_path, channels=("telegram",)) as house:
        assert (await house.get("/readyz"))[0] == 200
        house.telegram.fail(broken(code), method="sendMessage")
        await OnTelegram(house, 7_100_071).write("/help")
        await until(lambda: bool(house.app.dispatcher.denied))
        status, body = await house.get("/readyz")
        gauges = {m.name: m for m in Figures(house.app).collect()}
    assert (status, b"telegram" in body) == (503, True)
    ready = {s.labels["channel"]: s.value for s in gauges["ntswatch_channel_ready"].samples}
    assert ready["telegram"] == 0.0
