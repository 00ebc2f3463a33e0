"""Invitations waiting, hand-over, declarations with minutes, denominators: what officers' own work leaves behind, on both engines."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta

from outreach.contacts.model import Consent, Purpose
from outreach.contacts.office import close_expired, confirm_person, invite, offer_own_role, reject_person, take
from outreach.evidence import EvidenceKind, NewPiece
from outreach.messaging import AccountId, Address, ChannelName
from outreach.officers import InvitationState, Officer, Role, System
from outreach.reach.declarations import declare_meeting, own_declarations, withdraw_declaration
from outreach.reach.model import Declaration
from outreach.units import UnitId
from storage.database import Database
from storage.session import Session
from tests.conftest import TestClock

MakeOfficer = Callable[..., Awaitable[Officer]]
TOKEN = "abcdefghijklmnop"


def duty(clock: TestClock) -> Consent:
    return Consent(
        purpose=Purpose.DUTY,
        text_version="1",
        text_hash="0" * 64,
        given_at=clock(),
        channel=ChannelName.TELEGRAM,
        message_ref="1",
    )


async def tap(tx: Session, account_id: AccountId, *, external_id: str, clock: TestClock) -> Address:
    address = Address(account_id=account_id, external_id=external_id)
    known = await tx.contacts.known(address)
    await take(known.actor, tx, token=TOKEN, known=known, consent=duty(clock), at=clock())
    return address


async def test_a_hand_over_is_one_moment(
    database: Database, account_id: AccountId, officer: MakeOfficer, units: dict[str, UnitId], clock: TestClock
) -> None:
    old = await officer(Role.OFFICER, unit="06325")
    async with database.write() as tx:
        invitation_id = await offer_own_role(old, tx, token=TOKEN, at=clock())
        address = await tap(tx, account_id, external_id="77", clock=clock)
        waiting = await tx.officers.unsettled_invitations()
    assert [(one.invitation_id, one.hand_over, one.state) for one in waiting] == [
        (invitation_id, True, InvitationState.TAPPED)
    ]
    async with database.write() as tx:
        settled = await confirm_person(old, tx, invitation_id=invitation_id, at=clock())
        assert settled.left == old.contact_id
        found = (await tx.contacts.known(address)).officer
        assert found
        assert (found.role, found.unit_id) == (Role.OFFICER, units["06325"])
        assert await tx.officers.get(old.officer_id) is None
        assert await tx.officers.unsettled_invitations() == []
        assert [one.since for one in await tx.officers.list_active()] == [clock()]


async def test_strangers_are_erased_with_the_invitation(
    database: Database, account_id: AccountId, officer: MakeOfficer, clock: TestClock
) -> None:
    admin = await officer()
    async with database.write() as tx:
        invitation_id = await invite(admin, tx, role=Role.EDITOR, unit_id=None, token=TOKEN, at=clock())
        address = await tap(tx, account_id, external_id="77", clock=clock)
        await reject_person(admin, tx, invitation_id=invitation_id, at=clock())
        assert (await tx.contacts.known(address)).contact is None
        await invite(admin, tx, role=Role.EDITOR, unit_id=None, token="another", at=clock())
        assert await close_expired(System(name="clock"), tx, at=clock() + timedelta(days=6)) == 0
        assert await close_expired(System(name="clock"), tx, at=clock() + timedelta(days=7)) == 1


async def test_minutes_count_until_they_are_refused(
    database: Database, account_id: AccountId, officer: MakeOfficer, units: dict[str, UnitId], clock: TestClock
) -> None:
    made = await officer(Role.OFFICER, unit="06325")
    admin = await officer()
    year = {"from_on": date(2026, 1, 1), "to_on": date(2026, 12, 31)}
    piece = NewPiece(kind=EvidenceKind.PHOTO, ref="r", unique="u")
    async with database.write() as tx:
        added = await tx.evidence.add(
            [piece], contact_id=made.contact_id, account_id=account_id, nomination_id=None, at=clock()
        )
        declaration = Declaration(
            unit_id=units["06325"], held_on=date(2026, 10, 1), title="Buổi", headcount=40, evidence_id=added[0]
        )
        number = await declare_meeting(made, tx, declaration=declaration, at=clock())
        assert await tx.reach.declared(**year) == [(units["06325"], 40, 40)]
        assert await tx.evidence.mark_refused(added[0], reason="damaged")
        assert await tx.reach.declared(**year) == [(units["06325"], 40, 0)]
        assert await own_declarations(made, tx, limit=5) == [(number, declaration)]
        assert await own_declarations(admin, tx, limit=5) == [], "the province's officer sees those she made herself"
        await withdraw_declaration(made, tx, number=number, at=clock())
        assert await tx.reach.declared(**year) == []


async def test_an_account_keeps_its_name_when_none_is_known(database: Database, account_id: AccountId) -> None:
    async with database.write() as tx:
        again = await tx.contacts.account(channel=ChannelName.TELEGRAM, external_id="1000", name="")
        assert again == account_id
        name = (await tx.connection.exec_driver_sql("SELECT name FROM account")).scalar_one()
    assert name == "Loa Tre test"
