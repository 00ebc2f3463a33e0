"""People in a nomination: the usual ways through the form, and a look into what is stored."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from outreach.nominations.model import Nomination, NominationId
from storage.database import Database
from tests.handlers.conftest import Phone, Stage

ACHIEVEMENT = "Giải nhất điền kinh 800 m cấp tỉnh năm 2025."


USUAL = {
    "who": "agreed",
    "of_age": "yes",
    "field": "sport",
    "full_name": "Nông Thị Hoa",
    "birth_year": "2009",
    "unit": "06325",
    "achievement": ACHIEVEMENT,
    "evidence": "1",
    "contact": "phone:+84912345678",
}


async def begins(phone: Phone) -> None:
    await phone.says("/decu")
    await phone.taps("Mình đủ 16, bắt đầu")


async def fills(phone: Phone, *, who: str = "Bạn khác, đã đồng ý", contact: str = "0912 345 678") -> None:
    """All answers up to the summary, as most people would give them."""
    await begins(phone)
    await phone.taps(who)
    if "Chính mình" not in who:
        await phone.taps("Đủ 16 rồi")
    await phone.taps("Thể dục thể thao")
    if "chưa hỏi" not in who:
        await phone.says("Nông Thị Hoa")
        await phone.says("2009")
    await phone.says("xã Bắc Sơn")
    await phone.taps("Đúng")
    if "chưa hỏi" not in who:
        await phone.says(ACHIEVEMENT)
        await phone.sends_photo(unique="bang-khen")
        await phone.taps("Xong phần minh chứng")
    await phone.says(contact)


async def submits(phone: Phone, *, who: str = "Bạn khác, đã đồng ý", contact: str = "0912 345 678") -> str:
    """Gives the code that the nominee opens; empty where nobody has to confirm."""
    await fills(phone, who=who, contact=contact)
    await phone.taps("Lấy tin để chuyển tiếp" if "chưa hỏi" in who else "Gửi")
    return phone.last.text.split("<code>")[1].split("</code>")[0] if "<code>" in phone.last.text else ""


@dataclass(frozen=True)
class Look:
    database: Database

    async def one(self, number: int = 1) -> Nomination:
        async with self.database.read() as tx:
            found = await tx.nominations.get(NominationId(number))
        assert found
        return found

    async def is_gone(self, number: int = 1) -> bool:
        async with self.database.read() as tx:
            return await tx.nominations.get(NominationId(number)) is None


@pytest.fixture
def look(database: Database) -> Look:
    """What is stored about a nomination, by its number in the order of beginning."""
    return Look(database)


@pytest.fixture
async def officer_phone(stage: Stage, officer: Callable[..., Awaitable[object]]) -> Phone:
    """An admin's phone."""
    await officer(external_id="700")
    return stage.phone("700")
