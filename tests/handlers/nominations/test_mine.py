"""/hoso: states in plain words, the officer's word, taking back, the link once more."""

from collections.abc import Awaitable, Callable

import pytest

from outreach.nominations.model import NominationId, NominationState
from outreach.nominations.review import decide
from outreach.officers import Officer
from storage.database import Database
from tests.handlers.conftest import ON_EVERY_CHANNEL, Stage
from tests.handlers.nominations.conftest import Look, begins, submits

pytestmark = ON_EVERY_CHANNEL

WHO = ["Bạn khác, đã đồng ý", "Bạn khác, mình chưa hỏi", "Chính mình"]


async def test_nobody_nominated_yet(stage: Stage) -> None:
    assert "chưa giới thiệu ai" in (await stage.phone("901").says("hồ sơ"))[0]


async def test_states_in_plain_words(
    stage: Stage, database: Database, officer: Callable[..., Awaitable[Officer]]
) -> None:
    admin = await officer()
    nominator = stage.phone("901")
    await submits(nominator, who="Chính mình")
    await submits_again(stage, who="Bạn khác, mình chưa hỏi")
    await nominator.says("/decu")
    (listed,) = await nominator.says("/hoso")
    assert "1. 12/10/2026: đang viết dở" in listed
    assert "2. Thể dục thể thao · 12/10/2026: chờ bạn ấy đồng ý, đến 11/11/2026" in listed
    assert "3. LS-2026-000001 · Thể dục thể thao · 12/10/2026: đã gửi, chờ cán bộ xem" in listed
    async with database.write() as tx:
        await decide(
            admin,
            tx,
            nomination_id=NominationId(1),
            state=NominationState.VERIFYING,
            word="Mình đang hỏi trường.",
            at=stage.router.clock(),
        )
    (shown,) = await nominator.taps("LS-2026-000001")
    assert "cán bộ đang xác minh" in shown
    assert "Lời cán bộ (12/10/2026): Mình đang hỏi trường." in shown
    assert "Nông Thị Hoa" in shown


async def submits_again(stage: Stage, *, who: str) -> None:
    nominator = stage.phone("901")
    await nominator.taps("Đề cử thêm bạn nữa")
    await nominator.taps(who)
    await nominator.taps("Đủ 16 rồi")
    await nominator.taps("Thể dục thể thao")
    await nominator.says("xã Bắc Sơn")
    await nominator.taps("Đúng")
    await nominator.says("qua chat này")
    await nominator.taps("Lấy tin để chuyển tiếp")


async def test_an_unfinished_one_is_opened_from_the_list(stage: Stage) -> None:
    nominator = stage.phone("901")
    await begins(nominator)
    await nominator.taps("Chính mình")
    await nominator.says("/hoso")
    await nominator.taps("12/10/2026")
    assert "Câu 2/8" in (await nominator.taps("Viết tiếp"))[0]


@pytest.mark.parametrize("who", WHO)
async def test_taking_back_deletes(stage: Stage, look: Look, who: str) -> None:
    nominator = stage.phone("901")
    code = await submits(nominator, who=who)
    await nominator.says("/hoso")
    await nominator.taps(nominator.labels[0])
    whose = "viết về bạn," if "Chính mình" in who else "viết về bạn ấy,"
    assert whose in (await nominator.taps("Rút lại"))[0]
    await nominator.taps("Không, giữ")
    assert (await look.one()).answers
    await nominator.taps("Rút lại")
    assert "Đã rút lại" in (await nominator.taps("Đúng, rút lại"))[0]
    found = await look.one()
    assert (found.state, found.answers, found.pieces, found.field) == (NominationState.WITHDRAWN, {}, 0, "")
    assert "đã rút lại" in (await nominator.taps("Xem tất cả"))[0]
    assert "đã rút lại" in (await nominator.taps(nominator.labels[0]))[0]
    if code:
        assert "không còn nữa" in (await stage.phone("902").opens(f"dc_{code}"))[0]


@pytest.mark.parametrize("who", WHO)
@pytest.mark.needs("buttons")
async def test_an_old_yes_says_what_is_done_already(stage: Stage, who: str) -> None:
    nominator = stage.phone("901")
    await submits(nominator, who=who)
    for _ in range(2):
        told = await nominator.taps("hoso:gone:1")
    assert "đã rút lại" in told[0]


async def test_the_nominee_hears_of_a_taking_back(stage: Stage) -> None:
    nominator, nominee = stage.phone("901"), stage.phone("902")
    code = await submits(nominator)
    await nominee.opens(f"dc_{code}")
    await nominee.taps("Đồng ý")
    await nominee.taps("Mình đủ 16, đồng ý")
    nominee.news()
    await nominator.says("/hoso")
    for label in ("LS-2026", "Rút lại", "Đúng, rút lại"):
        await nominator.taps(label)
    assert "rút lại" in nominee.news()[0]


async def test_the_link_once_more(stage: Stage) -> None:
    nominator = stage.phone("901")
    code = await submits(nominator)
    await nominator.says("/hoso")
    await nominator.taps("LS-2026")
    assert code in (await nominator.taps("Lấy lại tin"))[0]
    assert "chuyển tiếp tin có mã này" in (await nominator.opens(f"dc_{code}"))[0], "true of a link and of a typed code"


async def test_more_than_a_page(stage: Stage, database: Database) -> None:
    nominator = stage.phone("901")
    await begins(nominator)
    async with database.write() as tx:
        contact = (await tx.contacts.known(nominator.address)).contact
        assert contact
        for _ in range(9):
            await tx.nominations.start(contact.contact_id, call="quanh-nam", at=stage.router.clock())
    await nominator.says("/hoso")
    assert nominator.labels[-2:] == ["Xem tiếp", "Giới thiệu một bạn giỏi"]
    assert "2. " in (await nominator.taps("Xem tiếp"))[0]
