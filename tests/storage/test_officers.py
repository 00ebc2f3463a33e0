"""Officers, single-use invitations, the audit, and leases."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from outreach.messaging import AccountId, Address, ContactId, OfficerId
from outreach.officers import Action, InvitationState, Officer, Person, Role, System
from outreach.pacing import NEVER_HELD
from outreach.units import UnitId
from storage import tables as t
from storage.database import Database

MakeOfficer = Callable[..., Awaitable[Officer]]
MakePerson = Callable[..., Awaitable[ContactId]]
Clock = Callable[[], datetime]


async def test_a_new_role_ends_the_old_one(
    database: Database, units: dict[str, UnitId], person: MakePerson, clock: Clock
) -> None:
    contact_id = await person()
    async with database.write() as tx:
        old = await tx.officers.grant(contact_id, role=Role.EDITOR, unit_id=None, by=None, at=clock())
        new = await tx.officers.grant(
            contact_id, role=Role.OFFICER, unit_id=units["06325"], by=old.officer_id, at=clock()
        )
        assert await tx.officers.of_contact(contact_id) == new
        assert await tx.officers.get(old.officer_id) is None
        assert await tx.officers.get(new.officer_id) == new
        await tx.officers.end(new.officer_id, at=clock())
        assert await tx.officers.of_contact(contact_id) is None
        assert not await tx.officers.list_active()


async def test_nobody_holds_two_offices(database: Database, officer: MakeOfficer, clock: Clock) -> None:
    holder = await officer()
    with pytest.raises(IntegrityError):
        async with database.write() as tx:
            await tx.connection.execute(
                t.officer.insert().values(contact_id=holder.contact_id, role=Role.EDITOR, granted_at=clock())
            )


async def test_on_duty_are_the_unit_s_own_or_the_province_s(
    database: Database, units: dict[str, UnitId], officer: MakeOfficer
) -> None:
    admin = await officer()
    editor = await officer(Role.EDITOR)
    bac_son = await officer(Role.OFFICER, unit="06325")
    await officer(Role.OFFICER, unit="06211")
    async with database.read() as tx:
        own = await tx.officers.on_duty(action=Action.REVIEW, unit_id=units["06325"])
        nobodys = await tx.officers.on_duty(action=Action.REVIEW, unit_id=units["05977"])
        province = await tx.officers.on_duty(action=Action.ANSWER, unit_id=None)
        in_unit = await tx.officers.list_active(unit_id=units["06325"])
    assert own == [bac_son] == in_unit
    assert nobodys == [admin]  # an editor does not review
    assert province == [admin, editor]


async def test_an_invitation_is_taken_once(
    database: Database, units: dict[str, UnitId], officer: MakeOfficer, person: MakePerson, clock: Clock
) -> None:
    inviter, first, second = await officer(), await person(), await person()
    week = clock() + timedelta(days=7)
    async with database.write() as tx:
        made = await tx.officers.add_invitation(
            token="mot-lan", role=Role.OFFICER, unit_id=units["06325"], inviter=inviter.officer_id, expires_at=week
        )
        assert await tx.officers.find_invitation(token="mot-lam") is None
        stored = (await tx.connection.execute(select(t.invitation.c.token_mac))).scalar_one()
    assert b"mot-lan" not in bytes(stored)
    taken = []
    for contact_id in (first, second):
        async with database.write() as tx:
            taken.append(
                await tx.officers.move_invitation(
                    made,
                    expected=InvitationState.OPEN,
                    state=InvitationState.TAPPED,
                    tapped_by=contact_id,
                    at=clock(),
                )
            )
    async with database.write() as tx:
        invitation = await tx.officers.find_invitation(token="mot-lan")
        accepted = [
            await tx.officers.move_invitation(
                made, expected=InvitationState.TAPPED, state=InvitationState.ACCEPTED, tapped_by=None, at=clock()
            )
            for _ in range(2)
        ]
        closed = await tx.officers.invitation(made)
    assert taken == [True, False]
    assert invitation
    assert (invitation.state, invitation.tapped_contact_id, invitation.expires_at) == (
        InvitationState.TAPPED,
        first,
        week,
    )
    assert (invitation.inviter_contact_id, invitation.unit_id) == (inviter.contact_id, units["06325"])
    assert accepted == [True, False]
    assert closed
    assert (closed.state, closed.tapped_contact_id) == (InvitationState.ACCEPTED, first)


async def test_an_officer_s_address(database: Database, account_id: AccountId, officer: MakeOfficer) -> None:
    holder = await officer(external_id="9001")
    async with database.read() as tx:
        assert await tx.officers.address_of(holder.contact_id) == Address(account_id=account_id, external_id="9001")
        assert await tx.officers.address_of(ContactId(10**9)) is None


async def test_the_audit_names_who_acted(database: Database, officer: MakeOfficer, clock: Clock) -> None:
    holder = await officer()
    async with database.write() as tx:
        await tx.audit.record(holder, at=clock(), action="campaign.order", subject="campaign:1", data={"people": 3})
        await tx.audit.record(Person(contact_id=holder.contact_id), at=clock(), action="contact.stop")
        await tx.audit.record(System(name="the clock that runs campaigns"), at=clock(), action="campaign.finish")
        rows = (await tx.connection.execute(select(t.audit).order_by(t.audit.c.id))).all()
    assert [(row.actor, row.actor_id) for row in rows] == [
        ("officer", holder.officer_id),
        ("person", holder.contact_id),
        ("system:the clock tha", None),
    ]
    assert (rows[0].subject, rows[0].data, rows[0].at) == ("campaign:1", {"people": 3}, clock())


async def test_a_lease_has_one_holder(database: Database) -> None:
    async with database.write() as tx:
        assert await tx.leases.read("bulk:1") == ("", 0, 0)
        mine = await tx.leases.take("bulk:1", holder="one", seen=NEVER_HELD)
        assert mine
        assert await tx.leases.take("bulk:1", holder="two", seen=NEVER_HELD) is None
        assert await tx.leases.beat(mine)
        assert await tx.leases.read("bulk:1") == ("one", 1, 1)
        assert await tx.leases.take("bulk:1", holder="two", seen=("one", 0, 1)) is None, "it has beaten meanwhile"
    async with database.write() as tx:
        theirs = await tx.leases.take("bulk:1", holder="two", seen=await tx.leases.read("bulk:1"))
        assert theirs
        assert theirs.epoch == 2
        assert not await tx.leases.beat(mine)
        await tx.leases.release(mine)  # too late to matter
        assert (await tx.leases.read("bulk:1"))[0] == "two"
        await tx.leases.release(theirs)
        assert await tx.leases.read("bulk:1") == ("", 0, 2)


async def test_the_learned_rate_outlives_its_holder(database: Database) -> None:
    async with database.write() as tx:
        assert await tx.leases.learned_rate("bulk:1") is None
        lease = await tx.leases.take("bulk:1", holder="one", seen=await tx.leases.read("bulk:1"))
        assert lease
        await tx.leases.save_rate("bulk:1", rate=27.5)
        await tx.leases.release(lease)
        await tx.leases.take("bulk:1", holder="two", seen=await tx.leases.read("bulk:1"))
        assert await tx.leases.learned_rate("bulk:1") == 27.5


async def test_who_granted_is_kept(database: Database, officer: MakeOfficer, person: MakePerson, clock: Clock) -> None:
    admin, contact_id = await officer(), await person()
    async with database.write() as tx:
        made = await tx.officers.grant(contact_id, role=Role.REVIEWER, unit_id=None, by=admin.officer_id, at=clock())
        row = (await tx.connection.execute(select(t.officer).where(t.officer.c.id == made.officer_id))).one()
    assert OfficerId(row.granted_by) == admin.officer_id
