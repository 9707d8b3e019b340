"""The whole product for one resident's page: the real turns behind the real page, and officers who act by commands."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from time import monotonic

from sqlalchemy import select
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from bot import reading, server, tryout, webchat
from bot.app import App, build, running
from bot.settings import Settings
from handlers.events import Body, Command
from storage.core import CASES
from tests.house import served

EVENING = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)  # 19:30 in Thailand: pictures of two days stay alike
EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


class Watch:
    """A clock that begins on the evening and can be turned on."""

    def __init__(self) -> None:
        self._ahead, self._from = timedelta(), monotonic()

    def __call__(self) -> datetime:
        return EVENING + self._ahead + timedelta(seconds=monotonic() - self._from)

    def turn(self, **span: float) -> None:
        self._ahead += timedelta(**span)


@dataclass(frozen=True, slots=True)
class Stand:
    """`url` is the residents' page, `stage` the page of `ntswatch try`."""

    app: App
    url: str
    stage: str
    watch: Watch

    async def numbers(self) -> list[str]:
        """The numbers of all reports, the oldest first."""
        rows = await self.app.database.read(lambda c: c.execute(select(CASES.c.number).order_by(CASES.c.id)).all())
        return [row.number for row in rows]

    async def officer(self, name: str, words: str) -> None:
        """An officer of the district writes a command into the group."""
        body: Body = Command(name, words)
        await self.app.turns.handle([tryout.said(self.app, tryout.GROUP, body, tryout.OFFICER)])


def settings(folder: Path) -> Settings:
    told = tryout.settings(reading.read(EXAMPLE, {}))
    return replace(
        told,
        database=replace(told.database, url=f"sqlite+aiosqlite:///{folder}/screens.db"),
        seal=replace(told.seal, keystore=folder / "keys"),
        media=replace(told.media, folder=folder / "media"),
        digest=replace(told.digest, times=()),
        web=replace(told.web, chat=True),
    )


def routes(app: App, stage: webchat.Stage | None) -> Sequence[BaseRoute]:
    """The page and its pictures; its clock runs ahead, so that no pace slows a walk."""
    seconds = count(step=20)
    shown = webchat.routes(app.web, app.turns.handle, app.store.words, stage, True, clock=lambda: float(next(seconds)))
    return [server.pictures(), *shown]


@asynccontextmanager
async def standing(folder: Path) -> AsyncIterator[Stand]:
    watch = Watch()
    app = build(settings(folder), now=watch, alert_delay=0.0)
    async with running(app):
        await tryout.people(app)
        async with (
            served(Starlette(routes=routes(app, None)), app.web) as url,
            served(Starlette(routes=routes(app, tryout.stage(app))), app.web) as stage,
        ):
            yield Stand(app, url, stage, watch)
