"""The walks where something goes wrong, and what is asked for with a slash."""

from playwright.async_api import Browser, Route

from tests.screens.looking import Phone
from tests.screens.stand import Stand
from tests.screens.steps import SEEN, agreed, has, told

WORD = {"th": "มะม่วงสุก", "lo": "ໝາກມ່ວງສຸກ", "km": "ស្វាយទុំ", "en": "mangoes"}


async def misread(phone: Phone, stand: Stand, _: Browser) -> None:
    """What is no answer, a button of long ago, a report that was left lying, too many at once."""
    await phone.write("?")
    await phone.here("language-unreadable")
    await phone.press(f"a:language:{phone.language}")
    await phone.write("99")
    await phone.here("note-unread")
    await phone.press("a:consent:yes")
    await phone.write("99")
    await phone.here("kind-unreadable")
    await phone.write(SEEN[phone.language])
    await phone.here("words-kept-early")
    await phone.press("a:kind:drugs")
    await phone.press("a:when:earlier")
    await phone.write("99/99")
    await phone.here("date-unreadable")
    stand.watch.turn(hours=30)
    await phone.write(SEEN[phone.language])
    await phone.here("come-back-later")
    await phone.press("continue")
    await phone.press("a:date:", last=False)
    await phone.press("a:daypart:unknown")
    await phone.here("review-after-coming-back")
    await phone.write("/nothing")
    await phone.here("command-unknown")


async def old_button(phone: Phone, stand: Stand, browser: Browser) -> None:
    """The same chat in two tabs: the other one shows a question that was answered already. And an hour's limit."""
    await agreed(phone)
    other = await phone.page.context.new_page()
    await other.goto(phone.page.url)
    await other.locator('[data-value="a:kind:drugs"]').last.click()
    await other.locator('[data-value="a:when:now"]').last.wait_for()
    await other.close()
    await phone.page.bring_to_front()
    await phone.page.evaluate("window.dispatchEvent(new Event('focus'))")
    await phone.quiet()
    if await has(phone, "a:kind:goods"):
        await phone.press("a:kind:goods")
    await phone.here("button-old")
    await phone.press("cancel")
    for _ in range(stand.app.settings.limits.reports_an_hour + 1):
        await phone.write("/start TH3801")
        await told(phone)
        await phone.press("a:send:ask")
    await phone.here("too-many-reports")


async def commands(phone: Phone, _: Stand, __: Browser) -> None:
    """What can be asked for with a slash."""
    await agreed(phone)
    for name in ("help", "privacy", "language", "contact", "word", "mydata", "change", "status", "summary"):
        await phone.write(f"/{name}")
        await phone.here(f"command-{name}")
    await phone.write("/privacy")
    await phone.press("privacy:more")
    await phone.here("privacy-more")
    await phone.write(f"/word {WORD[phone.language]}")
    await phone.here("word-chosen")
    await told(phone) if await has(phone, "a:kind:drugs") else None
    await phone.write("/cancel")
    await phone.write("/start TH3801")
    await told(phone)
    await phone.press("a:send:ask")
    await phone.write("/start TH3801")
    await phone.press("a:kind:drugs")
    await phone.write("/mydata")
    await phone.here("mydata-much")
    await phone.press("forget")
    await phone.here("forget")
    await phone.press("forget:no")
    await phone.here("forget-not")
    await phone.write("/forget")
    await phone.press("forget:yes")
    await phone.here("forgotten")


async def ended(phone: Phone, _: Stand, __: Browser) -> None:
    """The chat is emptied at once, answers harmless words, and is opened again by its word."""
    await agreed(phone)
    await phone.write(f"/word {WORD[phone.language]}")
    await phone.write("/clear")
    await phone.here("emptied")
    await phone.write("?")
    await phone.here("harmless")
    await phone.write(WORD[phone.language])
    await phone.here("back-by-the-word")
    await phone.page.get_by_test_id("forget").click()
    await phone.here("delete-this-chat")
    await phone.page.get_by_test_id("forget-yes").click()
    await phone.page.locator(".gone").wait_for()
    await phone.here("deleted")


async def bad_signal(phone: Phone, _: Stand, __: Browser) -> None:
    """Nothing arrives: what was written waits; the line is gone; what is refused."""
    await agreed(phone)

    async def lose(route: Route) -> None:
        await route.abort()

    async def dawdle(_: Route) -> None:
        """Never answered."""

    page = phone.page
    await page.route("**/web/messages", dawdle)
    await page.get_by_test_id("input").fill(SEEN[phone.language])
    await page.get_by_test_id("send").click()
    await page.locator(".state").wait_for()
    await phone.here("sending")
    await page.unroute("**/web/messages")
    await page.route("**/web/messages", lose)
    await page.route("**/web/session", lose)
    await page.route("**/web/events*", lose)
    await page.reload()
    await page.locator("#line:not([hidden])").wait_for()
    await phone.here("offline")


async def unsent(phone: Phone, _: Stand, __: Browser) -> None:
    """A press and a text that could not be sent; what the server refused."""
    await agreed(phone)

    async def lose(route: Route) -> None:
        await route.abort()

    page = phone.page
    await page.route("**/web/messages", lose)
    await page.locator('[data-value="a:kind:drugs"]').click()
    await page.get_by_test_id("again").wait_for()
    await page.get_by_test_id("input").fill(SEEN[phone.language])
    await page.get_by_test_id("send").click()
    await phone.here("not-sent")
    await page.unroute("**/web/messages")

    async def refuse(route: Route) -> None:
        await route.fulfill(status=400, body='{"error": "unreadable"}')

    await page.route("**/web/messages", refuse)
    await page.get_by_test_id("again").first.click()
    await page.get_by_test_id("note").wait_for()
    await phone.here("refused")
