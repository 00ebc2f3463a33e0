"""Officers, their invitations, and the record of what was done."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.messaging import AccountId, Address, ContactId, OfficerId
from outreach.officers import (
    Action,
    Actor,
    Invitation,
    InvitationId,
    InvitationState,
    Officer,
    Person,
    Role,
    may_act,
)
from outreach.officers import System as SystemActor
from outreach.units import UnitId
from storage import tables as t
from storage.types import Keyring


def officer_of(row: Row[*tuple[Any, ...]]) -> Officer:
    return Officer(
        officer_id=OfficerId(row.id),
        contact_id=ContactId(row.contact_id),
        role=Role(row.role),
        unit_id=None if row.unit_id is None else UnitId(row.unit_id),
        since=row.granted_at,
    )


_ACTIVE = select(t.officer).where(t.officer.c.ended_at.is_(None))
_INVITATION = select(t.invitation, t.officer.c.contact_id.label("inviter_contact_id")).outerjoin(
    t.officer, t.officer.c.id == t.invitation.c.inviter_id
)


def _invitation(row: Row[*tuple[Any, ...]]) -> Invitation:
    return Invitation(
        invitation_id=InvitationId(row.id),
        role=Role(row.role),
        unit_id=None if row.unit_id is None else UnitId(row.unit_id),
        inviter_id=None if row.inviter_id is None else OfficerId(row.inviter_id),
        inviter_contact_id=None if row.inviter_contact_id is None else ContactId(row.inviter_contact_id),
        state=InvitationState(row.state),
        expires_at=row.expires_at,
        hand_over=row.hand_over,
        tapped_contact_id=None if row.tapped_by is None else ContactId(row.tapped_by),
    )


class SqlOfficers:
    def __init__(self, connection: AsyncConnection, *, keyring: Keyring) -> None:
        self._db = connection
        self._keyring = keyring

    async def of_contact(self, contact_id: ContactId) -> Officer | None:
        row = (await self._db.execute(_ACTIVE.where(t.officer.c.contact_id == contact_id))).one_or_none()
        return officer_of(row) if row else None

    async def get(self, officer_id: OfficerId) -> Officer | None:
        row = (await self._db.execute(_ACTIVE.where(t.officer.c.id == officer_id))).one_or_none()
        return officer_of(row) if row else None

    async def grant(
        self, contact_id: ContactId, *, role: Role, unit_id: UnitId | None, by: OfficerId | None, at: datetime
    ) -> Officer:
        await self._db.execute(
            update(t.officer)
            .where(t.officer.c.contact_id == contact_id, t.officer.c.ended_at.is_(None))
            .values(ended_at=at)
        )
        officer_id = (
            await self._db.execute(
                insert(t.officer)
                .values(contact_id=contact_id, role=role, unit_id=unit_id, granted_by=by, granted_at=at)
                .returning(t.officer.c.id)
            )
        ).scalar_one()
        return Officer(officer_id=OfficerId(officer_id), contact_id=contact_id, role=role, unit_id=unit_id, since=at)

    async def end(self, officer_id: OfficerId, *, at: datetime) -> None:
        await self._db.execute(
            update(t.officer).where(t.officer.c.id == officer_id, t.officer.c.ended_at.is_(None)).values(ended_at=at)
        )

    async def list_active(self, *, unit_id: UnitId | None = None) -> list[Officer]:
        statement = _ACTIVE if unit_id is None else _ACTIVE.where(t.officer.c.unit_id == unit_id)
        return [officer_of(row) for row in await self._db.execute(statement.order_by(t.officer.c.id))]

    async def on_duty(self, *, action: Action, unit_id: UnitId | None) -> list[Officer]:
        rows = await self._db.execute(
            _ACTIVE.where(or_(t.officer.c.unit_id.is_(None), t.officer.c.unit_id == unit_id)).order_by(t.officer.c.id)
        )
        able = [officer for row in rows if not may_act(officer := officer_of(row), action=action, unit_id=unit_id)]
        own = [officer for officer in able if officer.unit_id is not None]
        return own or able

    async def add_invitation(
        self,
        *,
        token: str,
        role: Role,
        unit_id: UnitId | None,
        inviter: OfficerId | None,
        expires_at: datetime,
        hand_over: bool = False,
    ) -> InvitationId:
        statement = insert(t.invitation).values(
            token_mac=self._keyring.fingerprint("invitation", token),
            role=role,
            unit_id=unit_id,
            inviter_id=inviter,
            state=InvitationState.OPEN,
            expires_at=expires_at,
            hand_over=hand_over,
        )
        return InvitationId((await self._db.execute(statement.returning(t.invitation.c.id))).scalar_one())

    async def find_invitation(self, *, token: str) -> Invitation | None:
        mac = self._keyring.fingerprint("invitation", token)
        row = (await self._db.execute(_INVITATION.where(t.invitation.c.token_mac == mac))).one_or_none()
        return _invitation(row) if row else None

    async def invitation(self, invitation_id: InvitationId) -> Invitation | None:
        row = (await self._db.execute(_INVITATION.where(t.invitation.c.id == invitation_id))).one_or_none()
        return _invitation(row) if row else None

    async def unsettled_invitations(self) -> list[Invitation]:
        unsettled = _INVITATION.where(t.invitation.c.state.in_([InvitationState.OPEN, InvitationState.TAPPED]))
        return [_invitation(row) for row in await self._db.execute(unsettled.order_by(t.invitation.c.id.desc()))]

    async def move_invitation(
        self,
        invitation_id: InvitationId,
        *,
        expected: InvitationState,
        state: InvitationState,
        tapped_by: ContactId | None,
        at: datetime,
    ) -> bool:
        values: dict[str, Any] = {"state": state, "changed_at": at}
        if tapped_by is not None:
            values["tapped_by"] = tapped_by
        result = await self._db.execute(
            update(t.invitation)
            .where(t.invitation.c.id == invitation_id, t.invitation.c.state == expected)
            .values(**values)
        )
        return bool(result.rowcount)

    async def address_of(self, contact_id: ContactId) -> Address | None:
        row = (
            await self._db.execute(
                select(t.address.c.account_id, t.address.c.external_id)
                .where(t.address.c.contact_id == contact_id)
                .order_by(t.address.c.id)
                .limit(1)
            )
        ).one_or_none()
        return Address(account_id=AccountId(row.account_id), external_id=row.external_id) if row else None


class SqlAudit:
    def __init__(self, connection: AsyncConnection) -> None:
        self._db = connection

    async def record(
        self,
        actor: Actor,
        *,
        at: datetime,
        action: str,
        subject: str = "",
        data: Mapping[str, str | int] | None = None,
    ) -> None:
        actor_id: int | None
        if isinstance(actor, SystemActor):
            kind, actor_id = f"system:{actor.name}"[:20], None
        elif isinstance(actor, Person):
            kind, actor_id = "person", actor.contact_id
        else:
            kind, actor_id = "officer", actor.officer_id
        await self._db.execute(
            insert(t.audit).values(
                at=at, actor=kind, actor_id=actor_id, action=action, subject=subject, data=dict(data or {})
            )
        )

    async def reasons(self, action: str, *, subject: str) -> list[str]:
        about = select(t.audit.c.data).where(t.audit.c.subject == subject, t.audit.c.action == action)
        found = (await self._db.execute(about.order_by(t.audit.c.id))).scalars()
        return [data["reason"] for data in found if "reason" in data]
