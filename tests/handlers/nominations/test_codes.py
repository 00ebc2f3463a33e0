"""The nominee's code, as a link and typed: open, ended, and words that only look like one."""

from collections.abc import Awaitable, Callable

import pytest

from outreach.messaging import ContactId
from outreach.nominations.jobs import purge_expired
from outreach.officers import System
from outreach.pack import Pack
from storage.database import Database
from tests.conftest import TestClock
from tests.handlers.conftest import ON_EVERY_CHANNEL, ON_ZALO, Stage
from tests.handlers.nominations.conftest import begins, submits
from tests.handlers.test_join import rows

pytestmark = ON_EVERY_CHANNEL

CLOCK = System(name="clock")


@pytest.mark.parametrize("typed", ["{}", " {} ", "{} ".lower()])
async def test_the_code_works_wherever_it_is_typed(stage: Stage, typed: str) -> None:
    code = await submits(stage.phone("901"))
    nominee = stage.phone("902")
    await nominee.opens()  # stands in another conversation
    (card,) = await nominee.says(typed.format(f"{code[:3]}-{code[3:]}".lower()))
    assert "giới thiệu bạn" in card


async def test_after_the_day_the_link_opens_nothing(stage: Stage, clock: TestClock) -> None:
    code = await submits(stage.phone("901"))
    clock.advance(days=31)
    assert "không còn nữa" in (await stage.phone("902").opens(f"dc_{code}"))[0]


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("cleaned", [True, False])
async def test_a_typed_code_that_has_ended_says_what_its_link_says(
    stage: Stage,
    database: Database,
    langson: Pack,
    clock: TestClock,
    monkeypatch: pytest.MonkeyPatch,
    person: Callable[..., Awaitable[ContactId]],
    *,
    cleaned: bool,
    known: bool,
) -> None:
    monkeypatch.setattr("outreach.nominations.writing.new_link_code", lambda: "B7KM2X")
    if known:
        await person(external_id="902")
    code = await submits(stage.phone("901"))
    clock.advance(days=31)
    if cleaned:
        async with database.write() as tx:
            await purge_expired(CLOCK, tx, pack=langson, now=clock())
    nominee = stage.phone("902")
    linked = await nominee.opens(f"dc_{code}")
    assert await nominee.says(code) == linked
    assert await nominee.says(f"{code[:3]} {code[3:]}".lower()) == linked


@pytest.mark.parametrize("said", ["PTDTNT", "234567", "thpt bs", "mk k bt"])
async def test_other_words_of_six_letters_are_no_code(
    stage: Stage, person: Callable[..., Awaitable[ContactId]], said: str
) -> None:
    await person(external_id="902")
    assert "không còn nữa" not in str(await stage.phone("902").says(said))


async def test_a_code_that_never_was_is_an_answer_inside_a_conversation(stage: Stage) -> None:
    nominator = stage.phone("901")
    await begins(nominator)
    assert "không còn nữa" not in str(await nominator.says("B7KM2X"))
    assert "Câu 2/9" in (await nominator.taps("Bạn khác, đã đồng ý"))[0]


async def test_only_a_stranger_is_told_that_nothing_is_kept(
    stage: Stage, person: Callable[..., Awaitable[ContactId]]
) -> None:
    await person(external_id="902")
    (known,) = await stage.phone("902").opens("dc_XXXXXX")
    (stranger,) = await stage.phone("903").opens("dc_XXXXXX")
    assert "không còn nữa" in known
    assert "không lưu gì" not in known
    assert "không lưu gì về bạn" in stranger


@pytest.mark.parametrize("word", ["dc_XXXXXX", "dc_", "dc_a", "dc_" + "B" * 60, "dc_../x"])
@pytest.mark.needs("start_payload")
async def test_codes_that_never_were(stage: Stage, word: str) -> None:
    assert "không còn nữa" in (await stage.phone("902").opens(word))[0]


@ON_ZALO
@pytest.mark.parametrize(
    ("word", "words"),
    [
        *((f"dc_{code}", "không còn nữa") for code in ("XXXXXX", "a", "B" * 60)),
        ("dc_", "chưa hiểu"),
        ("dc_../x", "chưa hiểu"),
    ],
)
async def test_nor_are_they_where_they_are_typed(stage: Stage, database: Database, word: str, words: str) -> None:
    stranger = stage.phone("902")
    assert words in (await stranger.says(word))[0]
    for table in ("contact", "draft", "address"):
        assert await rows(database, table) == 0, table
    assert "đủ 16 tuổi chưa" in (await stranger.says("bắt đầu"))[0]
