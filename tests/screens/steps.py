"""What more than one walk begins with."""

from handlers.indicators import VICTIMS
from tests.screens.looking import Phone

SEEN = {
    "th": "เห็นเรือหางยาวสีดำไม่เปิดไฟ ขนกระสอบขึ้นฝั่งใกล้ท่าเรือ ประมาณสี่ทุ่มครึ่ง โทร 042-491-234",
    "lo": "ເຫັນເຮືອຫາງຍາວສີດຳບໍ່ເປີດໄຟ ຂົນກະສອບຂຶ້ນຝັ່ງໃກ້ທ່າເຮືອ ປະມານສີ່ທຸ່ມເຄິ່ງ ໂທ 020 5555 1234",
    "km": "ឃើញទូកកន្ទុយវែងពណ៌ខ្មៅគ្មានភ្លើង ដឹកបាវឡើងច្រាំងក្បែរកំពង់ផែ ប្រហែលម៉ោងដប់កន្លះយប់ លេខ 012 345 678",
    "en": "A black long-tail boat without lights brought sacks ashore near the pier, half past ten. Tel. 042-491-234",
}


async def agreed(phone: Phone) -> None:
    """Past the language and the safety note."""
    await phone.press(f"a:language:{phone.language}")
    await phone.press("a:consent:yes")


async def told(phone: Phone, kind: str = "drugs") -> None:
    """A whole short report up to its review, in a chat that a poster's link opened with the district."""
    await phone.press(f"a:kind:{kind}")
    if kind in VICTIMS:
        await phone.press("a:help:no")
    await phone.press("a:when:now")
    await phone.write(SEEN[phone.language])


async def has(phone: Phone, value: str) -> bool:
    return bool(await phone.page.locator(f'[data-value="{value}"]').count())
