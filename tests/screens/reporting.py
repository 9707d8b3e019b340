"""The walks through a report, up to its sending."""

from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.async_api import Browser

from handlers.indicators import BY_KIND, QUESTIONS, SIGNS
from handlers.kinds import KINDS
from tests.screens.looking import Phone
from tests.screens.stand import Stand
from tests.screens.steps import SEEN, agreed, has, told

ON_THE_RIVER = {"latitude": 18.36, "longitude": 103.67}
FAR_AWAY = {"latitude": 48.2, "longitude": 16.37}


async def beginning(phone: Phone, _: Stand, __: Browser) -> None:
    """The whole way of a long report: a person needs help, the place by the list, the day by the list."""
    await phone.here("language")
    await phone.press(f"a:language:{phone.language}")
    await phone.here("safety-note")
    await phone.press("a:consent:yes")
    await phone.here("kind")
    await phone.press("a:kind:people")
    await phone.here("help")
    await phone.press("a:help:yes")
    await phone.here("place-and-numbers")
    await phone.press("a:place:list")
    await phone.here("country")
    await phone.press("a:country:TH")
    await phone.here("province")
    await phone.press("more:province")
    await phone.here("province-more")
    while not await has(phone, "a:province:TH-38"):
        await phone.press("more:province")
    await phone.press("a:province:TH-38")
    await phone.here("district")
    await phone.press("a:district:TH3801")
    await phone.here("when")
    await phone.press("a:when:earlier")
    await phone.here("date")
    await phone.press("a:date:", last=False)
    await phone.here("daypart")
    await phone.press("a:daypart:night")
    await phone.here("seen")
    await phone.write(SEEN[phone.language])
    await phone.here("review")


async def settings(phone: Phone, _: Stand, __: Browser) -> None:
    """What can be set and changed on the review; then it is sent."""
    await agreed(phone)
    await told(phone, "entry")
    await phone.press("change:contact")
    await phone.here("contact")
    await phone.press("a:set-contact:day")
    await phone.press("change:not")
    await phone.here("not-to")
    await phone.press("a:set-not:police")
    await phone.press("a:set-not:village")
    await phone.here("not-to-two")
    await phone.press("a:set-not:done")
    await phone.press("change:behalf")
    await phone.here("for-whom")
    await phone.press("a:set-behalf:other")
    await phone.here("review-all-set")
    await phone.page.get_by_test_id("change").last.click()
    await phone.here("review-lines-to-change")
    await phone.press("change:kind")
    await phone.here("change-a-line")
    await phone.press("a:kind:weapons")
    await phone.write("/change")
    await phone.here("change-command")
    await phone.press("change:when")
    await phone.press("a:when:now")
    await phone.press("a:send:ask")
    await phone.here("thanks-for-a-neighbour")


async def kinds(phone: Phone, _: Stand, __: Browser) -> None:
    """Every further question of every kind; the same question of the next kind is not shown again."""
    await agreed(phone)
    shown: set[str] = set()
    for kind in KINDS:
        await told(phone, kind)
        await phone.press("a:send:more")
        for name in BY_KIND[kind]:
            if name not in shown:
                await phone.here(f"more-{name}")
                shown.add(name)
            await phone.press(f"a:{name}:{list(QUESTIONS[name].answers)[-1]}")
        if kind in SIGNS:
            await phone.here(f"signs-{kind}")
            codes = list(SIGNS[kind])
            for code in (*codes[:2], codes[1], *codes[2:]):  # the second is marked as not seen
                await phone.press(f"a:signs:{code}")
            await phone.here(f"signs-{kind}-marked")
            await phone.press("a:signs:done")
        await phone.here(f"review-{kind}")
        await phone.press("cancel")
        if kind == "drugs":
            await phone.here("cancelled")
        await phone.write("/start TH3801")


async def places(phone: Phone, _: Stand, __: Browser) -> None:
    """The place by a pin, a crossing or a name, and what is no place."""
    context = phone.page.context
    await agreed(phone)
    await phone.press("a:kind:goods")
    await phone.here("place")
    await phone.write("qqqqqq zzzz")
    await phone.here("place-unknown")
    await phone.page.locator('[data-value="a:place:here"]').last.click()
    await phone.quiet()
    await phone.here("place-not-given-by-the-phone")
    await context.grant_permissions(["geolocation"])
    await context.set_geolocation(ON_THE_RIVER)  # type: ignore[arg-type]
    await phone.page.locator('[data-value="a:place:here"]').last.click()
    await phone.quiet()
    await phone.here("place-on-the-border")
    await phone.press("back")
    await phone.press("a:place:crossing")
    await phone.here("crossing-province")
    await phone.press("a:province:TH-", last=False)
    await phone.here("crossing")
    await phone.press("a:crossing:", last=False)
    await phone.press("back")
    await phone.write("Chiang")
    await phone.here("match")
    await phone.write("เชียงของ")
    await phone.press("back")
    await phone.press("a:place:list")
    await phone.press("a:country:LA")
    await phone.here("province-laos")
    await phone.press("a:province:", last=False)
    await phone.here("district-laos")
    await phone.press("back")
    await phone.press("back")
    await phone.press("a:country:KH")
    await phone.here("province-cambodia")
    await phone.press("a:province:", last=False)
    await phone.here("district-cambodia")


async def outside(phone: Phone, _: Stand, __: Browser) -> None:
    """A pin where nobody of ours is; a walk of its own, for a browser remembers for a minute where it was."""
    context = phone.page.context
    await context.grant_permissions(["geolocation"])
    await context.set_geolocation(FAR_AWAY)  # type: ignore[arg-type]
    await agreed(phone)
    await phone.press("a:kind:goods")
    await phone.page.locator('[data-value="a:place:here"]').last.click()
    await phone.quiet()
    await phone.here("place-outside")


def photo() -> bytes:
    out = BytesIO()
    Image.new("RGB", (640, 480), "#7a9").save(out, "JPEG")
    return out.getvalue()


async def files(phone: Phone, _: Stand, __: Browser) -> None:
    """A photo, a voice, what is no file of ours, and what is too large."""
    await agreed(phone)
    await phone.press("a:kind:drugs")
    await phone.press("a:when:today")
    await phone.press("a:daypart:unknown")
    give = phone.page.get_by_test_id("file").set_input_files
    await give({"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"x"})
    await phone.quiet()
    await phone.here("file-of-no-kind")
    with TemporaryDirectory() as folder:
        (large := Path(folder) / "a.mp4").write_bytes(bytes(20_000_001))
        await give(large)
    await phone.quiet()
    await phone.here("file-too-large")
    await phone.page.get_by_test_id("record").click()
    await phone.quiet()
    await phone.here("microphone-refused")
    await phone.page.context.grant_permissions(["microphone"])
    await phone.page.get_by_test_id("record").click()
    await phone.page.locator("#taping").wait_for()
    await phone.here("recording")
    await phone.page.get_by_test_id("throw").click()
    await give({"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    await phone.page.wait_for_timeout(2_000)  # an album is answered a moment later
    await phone.quiet()
    await phone.here("photo-kept")
    await phone.write("ก" * 5_001)
    await phone.here("text-too-long")
    await phone.page.get_by_test_id("input").fill("")
    await phone.write("qq")
    await phone.here("review-words-added")
