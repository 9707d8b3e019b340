"""The walks after a report was sent: its life, its receipt, a neighbour."""

from playwright.async_api import Browser

from tests.screens.looking import Phone, opened
from tests.screens.stand import Stand
from tests.screens.steps import SEEN, agreed, told

HOUSE_NUMBER = "0123456789012345"  # as long as a receipt, and none


async def after(phone: Phone, stand: Stand, browser: Browser) -> None:
    """Thanks, my reports, more for a report, officers who ask, the end of it, how it was."""
    await agreed(phone)
    await told(phone, "weapons")
    await phone.press("a:send:ask")
    await phone.here("thanks-urgent")
    await phone.press("new")
    await phone.press("cancel")
    await phone.write("/start TH3801")
    await told(phone)
    await phone.press("a:send:ask")
    await phone.here("thanks")
    receipt = await phone.receipt()
    number = (await stand.numbers())[-1]
    await listed(phone, number)
    await asked(phone, stand, number)
    await closed(phone, stand, number)
    await elsewhere(phone, stand, browser, receipt)


async def listed(phone: Phone, number: str) -> None:
    """My reports, one of them, more for it, when to write."""
    await phone.press("status")
    await phone.here("my-reports")
    await phone.act(number)
    await phone.here("one-report")
    await phone.act("➕")
    await phone.here("add-more")
    await phone.write(SEEN[phone.language])
    await phone.here("added")
    await phone.act("✔")
    await phone.act("🔔")
    await phone.here("contact-of-a-report")
    await phone.press("contact:day")
    await phone.here("contact-set")
    await phone.press("status")
    await phone.act(number)
    await phone.act("🔔")
    await phone.press("contact:any")


async def asked(phone: Phone, stand: Stand, number: str) -> None:
    """An officer takes it and asks: two phrases, and words of their own."""
    await stand.officer("take", number)
    await phone.quiet()
    await phone.here("news")
    for code in ("still", "vehicle"):
        await stand.officer("ask", f"{number} {code}")
        await phone.quiet()
    await stand.officer("ask", f"{number} รถคันนั้นจอดตรงไหน มีคนลงมากี่คน ถ้าเห็นทะเบียนช่วยบอกด้วย")
    await phone.quiet()
    await phone.press("status")
    await phone.here("questions-of-officers")
    await phone.act("👍")
    await phone.here("question-answered")
    await phone.act("✍")
    await phone.here("answer-asked")
    await phone.write(SEEN[phone.language])
    await phone.here("answer-in-pieces")
    await phone.act("✅")


async def closed(phone: Phone, stand: Stand, number: str) -> None:
    """What came of it, whether it helped; another report is taken back."""
    await stand.officer("close", f"{number} acted")
    await phone.quiet()
    await phone.press("status")
    await phone.act(number)
    await phone.here("closed-how-was-it")
    await phone.act("↩")
    await phone.here("nothing-changed")
    await phone.write(SEEN[phone.language])
    await phone.here("opened-again")
    await stand.officer("close", f"{number} nothing")
    await phone.press("status")
    await phone.act(number)
    await phone.act("🆘")
    await phone.here("does-not-feel-safe")
    first = (await stand.numbers())[-2]
    await phone.press("status")
    await phone.act(first)
    await phone.act("🗑")
    await phone.here("take-back")
    await phone.act("🗑")
    await phone.here("taken-back")


async def elsewhere(phone: Phone, stand: Stand, browser: Browser, receipt: str) -> None:
    """A borrowed phone: the receipt opens the report there; numbers that open none."""
    other = await opened(browser, stand.url, phone.language, phone)
    await agreed(other)
    await other.press("cancel")
    await other.write("/receipt")
    await other.here("receipt-how")
    await other.write(receipt)
    await other.here("receipt-elsewhere")
    for wrong in range(6):
        await other.write(f"/receipt {int(HOUSE_NUMBER) + wrong:016}")
        if wrong == 0:
            await other.here("receipt-wrong")
    await other.here("receipt-too-many-tries")
    phone.numbers = other.numbers
    await other.close()


async def pasted(phone: Phone, stand: Stand, browser: Browser) -> None:
    """A receipt in a report, a neighbour who comes with theirs."""
    await agreed(phone)
    await told(phone)
    await phone.press("change:behalf")
    await phone.press("a:set-behalf:other")
    await phone.press("a:send:ask")
    receipt = await phone.receipt()
    await phone.write("/start TH3801")
    await phone.press("a:kind:goods")
    await phone.press("a:when:now")
    await phone.write(f"{SEEN[phone.language]} {receipt}")
    await phone.here("receipt-in-a-report")
    other = await opened(browser, stand.url, phone.language, phone)
    await agreed(other)
    await other.press("cancel")
    await other.write(receipt)
    await other.here("neighbour-takes-over")
    phone.numbers = other.numbers
    await other.close()
