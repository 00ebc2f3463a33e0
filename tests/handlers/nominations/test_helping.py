"""Not understood twice in a row: who can help, at whatever question."""

from dataclasses import replace

import pytest

from storage.database import Database
from tests.handlers.conftest import ON_EVERY_CHANNEL, Phone, Stage
from tests.handlers.nominations.conftest import begins, fills, submits

pytestmark = ON_EVERY_CHANNEL

HOTLINE = "0205 000 000"
# The line that is to be changed -> words that do not fit there.
BAD = {
    "người được giới thiệu": "em họ",
    "tuổi": "hôm qua",
    "lĩnh vực": "giỏi",
    "họ tên": "Hoa",
    "năm sinh": "09",
    "xã, phường": "qwzx",
    "thành tích": "Giỏi lắm",
    "minh chứng": "chưa biết gửi gì",
    "cách liên hệ": "hỏi lớp trưởng",
}


@pytest.fixture
def stage(stage: Stage) -> Stage:
    """The stage with a telephone number in its pack."""
    world = stage.router.world
    stage.router.world = replace(world, pack=replace(world.pack, hotline=HOTLINE))
    return stage


async def fails(phone: Phone, said: str) -> str:
    return "\n".join(await phone.says(said))


@pytest.mark.parametrize("line", BAD)
async def test_the_second_time_in_a_row_says_who_can_help(stage: Stage, line: str) -> None:
    nominator = stage.phone("901")
    await fills(nominator)
    await nominator.taps(f"Sửa {line}")
    said = BAD[line]
    assert HOTLINE not in await fails(nominator, said)
    told = await fails(nominator, said)
    assert f"gọi {HOTLINE} hoặc gõ <b>hỏi</b>" in told
    assert nominator.labels, "the question stays open"
    assert HOTLINE in await fails(nominator, said)


async def test_the_summary_counts_as_well_and_an_answer_between_begins_anew(stage: Stage) -> None:
    nominator = stage.phone("901")
    await fills(nominator)
    assert HOTLINE not in await fails(nominator, "cái này thế nào")
    await nominator.taps("Sửa năm sinh")
    assert HOTLINE not in await fails(nominator, "09")
    await nominator.says("2008")
    assert HOTLINE not in await fails(nominator, "cái này thế nào")
    assert HOTLINE in await fails(nominator, "cái này thế nào")


async def test_a_unit_that_is_asked_about_is_understood(stage: Stage) -> None:
    nominator = stage.phone("901")
    await fills(nominator)
    await nominator.taps("Sửa xã, phường")
    for said in ("bac son", "cao loc", "nơi khác", "xã Bắc Sơn"):
        assert HOTLINE not in await fails(nominator, said)


async def test_the_introduction_counts_for_a_stranger(stage: Stage, database: Database) -> None:
    stranger = stage.phone("901")
    await stranger.says("/decu")
    assert HOTLINE not in await fails(stranger, "tôi muốn giới thiệu một bạn")
    told = await fails(stranger, "tôi muốn giới thiệu một bạn")
    assert f"gọi {HOTLINE} nhé" in told
    assert "hỏi cán bộ" not in told
    async with database.read() as tx:
        draft = (await tx.contacts.known(stranger.address)).draft
    assert draft
    assert draft.step == "intro~2", "a number is all that is kept"
    assert "Câu 1/9" in (await stranger.taps("Mình đủ 16"))[0]
    await begins(stage.phone("902"))


@pytest.mark.parametrize(("line", "said"), [("họ tên", "Huệ"), ("năm sinh", "09"), ("xã, phường", "qwzx")])
async def test_a_nominee_who_corrects_a_line_is_helped_too(stage: Stage, line: str, said: str) -> None:
    nominee = stage.phone("902")
    await nominee.opens(f"dc_{await submits(stage.phone('901'))}")
    await nominee.taps("Sửa")
    await nominee.taps("Mình đủ 16, đồng ý")
    await nominee.taps(f"Sửa {line}")
    assert HOTLINE not in await fails(nominee, said)
    assert HOTLINE in await fails(nominee, said)
