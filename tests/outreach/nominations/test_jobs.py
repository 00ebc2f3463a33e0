"""The clock: one reminder, in daytime; old drafts and unanswered nominations are deleted, a yes is never."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from outreach.errors import PermissionDeniedError
from outreach.messaging import ContactId
from outreach.nominations.jobs import Told, purge_expired, remind_drafts
from outreach.nominations.model import NominationId, NominationState, NomineeConsent
from outreach.officers import Person, System
from outreach.pack import Pack
from storage.database import Database
from tests.conftest import NOW

CLOCK = System(name="clock")
MakePerson = Callable[..., Awaitable[ContactId]]


async def begin(database: Database, nominator: ContactId, **changes: object) -> NominationId:
    async with database.write() as tx:
        number = await tx.nominations.start(nominator, call="quanh-nam", at=NOW)
        await tx.nominations.save_answer(number, question="full_name", value="Nông Thị Hoa", at=NOW)
        if changes:
            await tx.nominations.change(number, at=NOW, **changes)  # type: ignore[arg-type]  # the test's own business
    return number


async def test_a_draft_is_recalled_once_and_in_daytime(database: Database, person: MakePerson, langson: Pack) -> None:
    her = await person()
    number = await begin(database, her)
    async with database.write() as tx:
        assert await remind_drafts(CLOCK, tx, pack=langson, now=NOW + timedelta(hours=23)) == []
        night = NOW + timedelta(hours=24 + 13)  # 23:00 in Vietnam
        assert await remind_drafts(CLOCK, tx, pack=langson, now=night) == []
        (notice,) = await remind_drafts(CLOCK, tx, pack=langson, now=NOW + timedelta(hours=25))
        assert (notice.contact_id, notice.told, notice.data["nomination_id"]) == (her, Told.REMINDER, str(number))
        assert await remind_drafts(CLOCK, tx, pack=langson, now=NOW + timedelta(hours=26)) == []


async def test_an_old_draft_goes_and_a_touched_one_stays(database: Database, person: MakePerson, langson: Pack) -> None:
    her = await person()
    old, touched = await begin(database, her), await begin(database, her)
    async with database.write() as tx:
        await tx.nominations.save_answer(touched, question="field", value="arts", at=NOW + timedelta(days=5))
        await purge_expired(CLOCK, tx, pack=langson, now=NOW + timedelta(days=30, minutes=1))
        assert await tx.nominations.get(old) is None
        assert await tx.nominations.get(touched)


@pytest.mark.parametrize("state", [NominationState.INVITED, NominationState.NEW, NominationState.VERIFYING])
@pytest.mark.parametrize("consent", NomineeConsent)
async def test_only_a_yes_survives_the_day(
    database: Database, person: MakePerson, langson: Pack, state: NominationState, consent: NomineeConsent
) -> None:
    number = await begin(
        database, await person(), state=state, consent=consent, link_code="K7M2PQ", expires_at=NOW + timedelta(days=30)
    )
    async with database.write() as tx:
        assert await purge_expired(CLOCK, tx, pack=langson, now=NOW + timedelta(days=29)) == []
        notices = await purge_expired(CLOCK, tx, pack=langson, now=NOW + timedelta(days=30))
        again = await purge_expired(CLOCK, tx, pack=langson, now=NOW + timedelta(days=31))
        found = await tx.nominations.get(number)
    assert found
    assert again == []
    if consent == NomineeConsent.GIVEN:
        assert (found.state, found.answers, notices) == (state, {"full_name": "Nông Thị Hoa"}, [])
    else:
        assert (found.state, found.answers, found.link_code) == (NominationState.LAPSED, {}, "")
        assert [notice.told for notice in notices] == [Told.LAPSED]


@pytest.mark.parametrize("job", [remind_drafts, purge_expired])
async def test_only_the_clock_may(database: Database, langson: Pack, job: Callable[..., Awaitable[object]]) -> None:
    async with database.write() as tx:
        with pytest.raises(PermissionDeniedError):
            await job(Person(contact_id=ContactId(1)), tx, pack=langson, now=NOW)
