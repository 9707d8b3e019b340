"""The ways through the page: every screen that a resident can meet, in the order in which they would meet it."""

from collections.abc import Awaitable, Callable, Mapping

from playwright.async_api import Browser

from handlers.indicators import BY_KIND
from tests.screens import afterwards, reporting, troubles
from tests.screens.looking import Phone
from tests.screens.stand import Stand
from tests.screens.steps import SEEN

Walk = Callable[[Phone, Stand, Browser], Awaitable[None]]


async def brief(phone: Phone, stand: Stand, _: Browser) -> None:
    """The fullest screens of every sort, for each run of the tests; the whole tour is `make screens`."""
    await phone.here("language")
    await phone.press(f"a:language:{phone.language}")
    await phone.here("safety-note")
    await phone.press("a:consent:yes")
    await phone.here("kind")
    await phone.press("a:kind:people")
    await phone.press("a:help:yes")
    await phone.here("when-and-numbers")
    await phone.press("a:when:earlier")
    await phone.here("date")
    await phone.press("a:date:", last=False)
    await phone.press("a:daypart:night")
    await phone.write(SEEN[phone.language])
    await phone.here("review")
    await phone.press("a:send:more")
    for name in BY_KIND["people"]:
        await phone.press(f"a:{name}:skip")
    await phone.press("a:signs:locked")
    await phone.here("signs")
    await phone.press("a:signs:done")
    await phone.press("change:not")
    await phone.here("not-to")
    await phone.press("a:set-not:done")
    await phone.press("a:send:ask")
    await phone.here("thanks")
    number = (await stand.numbers())[-1]
    await stand.officer("take", number)
    await stand.officer("ask", f"{number} hurt")
    await phone.quiet()
    await phone.press("status")
    await phone.here("questions-of-officers")
    await phone.act(number)
    await phone.here("one-report")
    await phone.write("/privacy")
    await phone.here("privacy")
    await phone.page.get_by_test_id("forget").click()
    await phone.here("delete-this-chat")


# The address that each walk begins at, and the walk; those from a poster have the district already.
WALKS: Mapping[str, tuple[str, Walk]] = {
    "beginning": ("/", reporting.beginning),
    "settings": ("/?p=TH3801", reporting.settings),
    "kinds": ("/?p=TH3801", reporting.kinds),
    "places": ("/", reporting.places),
    "outside": ("/", reporting.outside),
    "files": ("/?p=TH3801", reporting.files),
    "after": ("/?p=TH3801", afterwards.after),
    "pasted": ("/?p=TH3801", afterwards.pasted),
    "misread": ("/?p=TH3801", troubles.misread),
    "old-button": ("/?p=TH3801", troubles.old_button),
    "commands": ("/?p=TH3801", troubles.commands),
    "ended": ("/", troubles.ended),
    "bad-signal": ("/", troubles.bad_signal),
    "unsent": ("/", troubles.unsent),
}
BRIEF = ("/?p=TH3801", brief)
