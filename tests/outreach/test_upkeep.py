"""What will stop an account, and the administrators told of it elsewhere, at once and once a day."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from outreach.errors import PermissionDeniedError
from outreach.messaging import AccountId, Address, ChannelName, Reply
from outreach.officers import Actor, Officer, Role, System
from outreach.outbox import OutboxRow
from outreach.pack import Pack
from outreach.tokens import TokenPair
from outreach.upkeep import Ailment, Complaint, Health, Plan, complaints, raise_alarm
from storage.database import Database
from tests.conftest import NOW

LOST = Complaint(ailment=Ailment.TOKEN_LOST, code="token_lost")
ENDING = Complaint(ailment=Ailment.TOKEN_ENDING, days=13)
NIGHT = datetime(2026, 10, 12, 19, tzinfo=UTC)  # 2:00 in Vietnam

Officers = Callable[..., Awaitable[Officer]]


def pair(**changes: Any) -> TokenPair:
    usual: dict[str, Any] = {
        "access": "at",
        "refresh": "rt",
        "refreshed_at": NOW - timedelta(hours=5),
        "access_expires_at": NOW + timedelta(hours=20),
        "refresh_expires_at": NOW + timedelta(days=90),
    }
    return TokenPair(**(usual | changes))


@pytest.mark.parametrize(
    ("health", "expected"),
    [
        (Health(pair=pair()), []),
        (Health(refused="token_missing"), [Complaint(ailment=Ailment.TOKEN_MISSING)]),
        (Health(pair=pair(failure="token_lost")), [LOST]),
        (Health(pair=pair(refresh_expires_at=NOW)), [Complaint(ailment=Ailment.TOKEN_LOST, code="expired")]),
        (Health(pair=pair(refresh_expires_at=NOW + timedelta(days=14))), []),
        (Health(pair=pair(refresh_expires_at=NOW + timedelta(days=13, hours=23))), [ENDING]),
        (Health(pair=pair(), package_ends_on=date(2026, 11, 11)), []),
        (
            Health(pair=pair(), package_ends_on=date(2026, 11, 10)),
            [Complaint(ailment=Ailment.PACKAGE_ENDING, days=29)],
        ),
        (Health(pair=pair(), package_ends_on=date(2026, 10, 12)), [Complaint(ailment=Ailment.PACKAGE_ENDING)]),
        (
            Health(pair=pair(), package_ends_on=date(2026, 10, 11)),
            [Complaint(ailment=Ailment.PACKAGE_ENDED, days=1)],
        ),
        (Health(pair=pair(), refused="oa_disabled"), [Complaint(ailment=Ailment.REFUSED, code="oa_disabled")]),
        # What is wrong with the tokens is told once.
        (Health(pair=pair(failure="token_lost"), refused="token_lost"), [LOST]),
        (Health(pair=pair(), refused="token_refused"), [Complaint(ailment=Ailment.REFUSED, code="token_refused")]),
    ],
)
def test_what_will_end_is_told_in_time(health: Health, expected: list[Complaint]) -> None:
    assert complaints(health, now=NOW) == expected


def test_a_pair_that_is_not_renewed_is_told_before_its_end() -> None:
    begun = NOW - timedelta(hours=22)
    ends = begun + timedelta(hours=25)
    overdue = Complaint(ailment=Ailment.RENEWAL_OVERDUE, at=ends)
    found = Health(pair=pair(refreshed_at=begun, access_expires_at=ends))
    assert complaints(found, now=NOW) == []
    for hours in (1, 3, 30):
        assert complaints(found, now=NOW + timedelta(hours=hours)) == [overdue]
    # The server that gives the pairs is then what does not answer.
    dead = replace(found, silent_since=ends, silence="token_unavailable")
    assert complaints(dead, now=ends + timedelta(hours=3)) == [overdue]


def test_a_provider_that_does_not_answer_is_told_once_it_lasts() -> None:
    silent = Health(pair=pair(), silent_since=NOW, silence="rate_limit")
    assert complaints(silent, now=NOW + timedelta(minutes=119)) == []
    told = [Complaint(ailment=Ailment.SILENT, at=NOW, code="rate_limit")]
    assert complaints(silent, now=NOW + timedelta(hours=2)) == told


@pytest.mark.parametrize(
    ("people", "messages", "expected"),
    [
        (39, 2399, []),
        (40, 0, [Complaint(ailment=Ailment.PEOPLE_NEARLY, used=40, most=50)]),
        (50, 0, [Complaint(ailment=Ailment.PEOPLE_FULL, used=50, most=50)]),
        (0, 2400, [Complaint(ailment=Ailment.MESSAGES_NEARLY, used=2400, most=3000)]),
        (0, 3001, [Complaint(ailment=Ailment.MESSAGES_USED, used=3001, most=3000)]),
        (
            49,
            3000,
            [
                Complaint(ailment=Ailment.PEOPLE_NEARLY, used=49, most=50),
                Complaint(ailment=Ailment.MESSAGES_USED, used=3000, most=3000),
            ],
        ),
    ],
)
def test_a_plan_that_is_nearly_used(people: int, messages: int, expected: list[Complaint]) -> None:
    plan = Plan(people=people, most_people=50, messages=messages, most_messages=3000)
    assert complaints(Health(plan=plan), now=NOW) == expected


@pytest.fixture
async def oa(database: Database) -> AccountId:
    async with database.write() as tx:
        return await tx.contacts.account(channel=ChannelName.ZALO_OA, external_id="4000", name="OA")


@pytest.fixture
def alarm(
    database: Database, oa: AccountId, account_id: AccountId, langson: Pack
) -> Callable[..., Awaitable[list[OutboxRow]]]:
    async def run(*found: Complaint, at: datetime = NOW, actor: Actor | None = None) -> list[OutboxRow]:
        async with database.write() as tx:
            return await raise_alarm(
                actor or System(name="clock"),
                tx,
                account_id=oa,
                found=found,
                over=[account_id, oa],
                tell=lambda complaint: Reply(text=complaint.ailment),
                hours=langson.sending.hours,
                at=at,
            )

    return run


Alarm = Callable[..., Awaitable[list[OutboxRow]]]


async def test_every_administrator_is_told_beside_the_account_that_ails(
    alarm: Alarm, officer: Officers, account_id: AccountId
) -> None:
    for external_id in ("900", "901"):
        await officer(Role.ADMIN, external_id=external_id)
    await officer(Role.EDITOR, external_id="902")
    rows = await alarm(LOST)
    assert [(row.address, row.reply.text) for row in rows] == [
        (Address(account_id=account_id, external_id=external_id), "token_lost") for external_id in ("900", "901")
    ]


async def test_once_a_day_while_it_lasts(alarm: Alarm, officer: Officers) -> None:
    await officer(Role.ADMIN)
    told = [len(await alarm(LOST, at=NOW + timedelta(hours=hours))) for hours in (0, 1, 23, 24, 25)]
    assert told == [1, 0, 0, 1, 0]
    # Another ailment is told by itself.
    refused = Complaint(ailment=Ailment.REFUSED, code="oa_disabled")
    assert [row.reply.text for row in await alarm(LOST, refused, at=NOW + timedelta(hours=26))] == ["refused"]


async def test_a_plan_is_told_once_a_week(alarm: Alarm, officer: Officers) -> None:
    await officer(Role.ADMIN)
    nearly, full = (Complaint(ailment=one, used=40, most=50) for one in (Ailment.PEOPLE_NEARLY, Ailment.PEOPLE_FULL))
    told = [len(await alarm(nearly, at=NOW + timedelta(days=days))) for days in (0, 1, 6, 7, 8)]
    assert told == [1, 0, 0, 1, 0]
    assert [row.reply.text for row in await alarm(full, at=NOW + timedelta(days=8))] == ["people_full"]


async def test_at_night_only_what_has_failed_is_told(alarm: Alarm, officer: Officers) -> None:
    await officer(Role.ADMIN)
    assert [row.reply.text for row in await alarm(ENDING, LOST, at=NIGHT)] == ["token_lost"]
    assert await alarm(ENDING, at=NIGHT) == []
    assert [row.reply.text for row in await alarm(ENDING, at=NIGHT + timedelta(hours=6))] == ["token_ending"]


async def test_where_nobody_can_be_told_the_log_says_so(
    alarm: Alarm, officer: Officers, caplog: pytest.LogCaptureFixture
) -> None:
    await officer(Role.EDITOR)
    assert await alarm(LOST) == []
    assert "no administrator can be told" in caplog.text


async def test_only_the_clock_raises_it(alarm: Alarm, officer: Officers) -> None:
    with pytest.raises(PermissionDeniedError):
        await alarm(LOST, actor=await officer(Role.ADMIN))
