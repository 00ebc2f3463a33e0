"""A nominee looks through the evidence about her and has a piece deleted."""

import pytest
from sqlalchemy import select

from outreach.evidence import EvidenceId
from storage import tables as t
from storage.database import Database
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone, Stage
from tests.handlers.nominations.conftest import Look, fills, submits

pytestmark = ON_EVERY_CHANNEL


async def with_three_pieces(stage: Stage) -> Phone:
    """A nominee who has said yes; a photo, a file and a link are there."""
    nominator, nominee = stage.phone("901"), stage.phone("902")
    await fills(nominator)
    await nominator.taps("Sửa minh chứng")
    await nominator.sends_file("giay-khen<1>.pdf")
    await nominator.says("https://vidu.vn/hoa")
    await nominator.taps("Xong phần minh chứng")
    await nominator.taps("Gửi")
    await nominee.opens(f"dc_{nominator.last.text.split('<code>')[1].split('</code>')[0]}")
    await nominee.taps("Đồng ý")
    await nominee.taps("Mình đủ 16, đồng ý")
    return nominee


@pytest.mark.needs("files")
async def test_she_sees_each_piece_and_deletes_one_after_a_question(
    stage: Stage, look: Look, database: Database
) -> None:
    nominee = await with_three_pieces(stage)
    (shown,) = await nominee.taps("Xem minh chứng")
    assert "1. Ảnh, 12/10/2026" in shown
    assert "2. File “giay-khen&lt;1&gt;.pdf”" in shown
    assert "3. Đường dẫn https://vidu.vn/hoa" in shown
    assert nominee.labels == ["Xóa cái thứ 1", "Xóa cái thứ 2", "Xóa cái thứ 3", "Về lời giới thiệu"]
    async with database.write() as tx:  # as the fetching job does
        await tx.evidence.mark_stored(EvidenceId(2), content_hash="b" * 64, media_type="application/pdf", size=10)
    (sure,) = await nominee.says("2")
    assert "giay-khen" in sure
    assert (await look.one()).pieces == 3
    await nominee.taps("Giữ lại")
    assert (await look.one()).pieces == 3
    await nominee.says("xóa cái thứ 2")
    (told,) = await nominee.taps("Xóa")
    assert told.startswith("Đã xóa: File")
    assert "2. Đường dẫn" in told
    assert (await look.one()).pieces == 2
    async with database.read() as tx:
        kept = (await tx.connection.execute(select(t.evidence.c.kind).order_by(t.evidence.c.id))).scalars().all()
        assert kept == ["photo", "link"]
        assert await tx.evidence.doomed(limit=10) == ["b" * 64], "its file follows"


async def test_by_numbers_alone_a_link_is_deleted(stage: Stage, look: Look) -> None:
    nominator, nominee = stage.phone("901"), stage.phone("902")
    await fills(nominator)
    await nominator.taps("Sửa minh chứng")
    await nominator.says("https://vidu.vn/giay-khen.pdf")
    await nominator.taps("Xong phần minh chứng")
    await nominator.taps("Gửi")
    await nominee.opens(f"dc_{nominator.last.text.split('<code>')[1].split('</code>')[0]}")
    await nominee.says("2")  # Đồng ý
    await nominee.says("1")  # Mình đủ 16, đồng ý
    (shown,) = await nominee.says("6")  # Xem minh chứng
    assert "1. Ảnh, 12/10/2026" in shown
    assert "2. Đường dẫn https://vidu.vn/giay-khen.pdf" in shown
    assert nominee.labels == ["Xóa cái thứ 1", "Xóa cái thứ 2", "Về lời giới thiệu"]
    assert "giay-khen" in (await nominee.says("2"))[0]
    assert "Đã xóa: Đường dẫn" in (await nominee.says("1"))[0]
    assert (await look.one()).pieces == 1


async def test_after_the_last_piece_the_card_has_no_button_for_them(stage: Stage) -> None:
    nominee = stage.phone("902")
    await nominee.opens(f"dc_{await submits(stage.phone('901'))}")
    await nominee.taps("Đồng ý")
    await nominee.taps("Mình đủ 16, đồng ý")
    await nominee.taps("Xem minh chứng")
    await nominee.taps("Xóa cái thứ 1")
    (told,) = await nominee.taps("Xóa")
    assert "Không còn minh chứng nào" in told
    assert "chưa có" in (await nominee.taps("Về lời giới thiệu"))[0]
    assert "Xem minh chứng" not in nominee.labels


@pytest.mark.needs("buttons")
async def test_an_old_button_of_a_piece_that_is_gone_leads_to_the_card(stage: Stage) -> None:
    nominee = stage.phone("902")
    await nominee.opens(f"dc_{await submits(stage.phone('901'))}")
    for label in ("Đồng ý", "Mình đủ 16, đồng ý", "Xem minh chứng", "Xóa cái thứ 1", "Xóa"):
        await nominee.taps(label)
    assert "Lời giới thiệu về bạn" in (await nominee.taps("nominee:unpiece:1.1"))[0]


@pytest.mark.needs("buttons", "files")
async def test_nobody_else_sees_or_deletes_it(stage: Stage, look: Look) -> None:
    await with_three_pieces(stage)
    nominator, stranger = stage.phone("901"), stage.phone("903")
    for phone in (nominator, stranger):
        for press in ("nominee:pieces:1", "nominee:piece:1.1", "nominee:unpiece:1.1"):
            assert "vidu.vn" not in str(await phone.taps(press))
    assert (await look.one()).pieces == 3


@pytest.mark.needs("buttons", "files")
async def test_a_piece_of_another_nomination_stays(stage: Stage, look: Look) -> None:
    nominee = await with_three_pieces(stage)
    other = stage.phone("905")
    await submits(other)
    await nominee.taps("nominee:unpiece:1.4")
    assert ((await look.one(1)).pieces, (await look.one(2)).pieces) == (3, 1)
