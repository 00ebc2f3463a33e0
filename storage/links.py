"""Codes that link one person's addresses, wrong ones, and the links that came of them."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Row, case, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from outreach.contacts.links import CODE_LASTS, Link, LinkCode, LinkCodeId, LinkId, LinkState, LinkTarget
from outreach.contacts.model import Consent, Purpose
from outreach.messaging import AccountId, Address, AddressId, ChannelName, ContactId
from storage import tables as t
from storage.merging import merge, part
from storage.types import Keyring
from storage.upsert import dialect_insert

_CODE = (
    select(t.link_code, t.account.c.channel, t.address.c.account_id, t.address.c.external_id)
    .join(t.address, t.address.c.id == t.link_code.c.address_id)
    .join(t.account, t.account.c.id == t.address.c.account_id)
)
_LINK = (
    select(t.link, t.account.c.channel, t.address.c.account_id, t.address.c.external_id)
    .join(t.address, t.address.c.id == t.link.c.address_id)
    .join(t.account, t.account.c.id == t.address.c.account_id)
    .where(t.link.c.undone_at.is_(None))
)


def _pack(target: LinkTarget) -> str:
    given = target.consent
    consent = given and [
        given.text_version,
        given.text_hash,
        given.given_at.isoformat(),
        given.channel.value,
        given.message_ref,
    ]
    return json.dumps([target.address.account_id, target.address.external_id, target.channel.value, consent])


def _unpack(packed: str) -> LinkTarget:
    account_id, external_id, channel, given = json.loads(packed)
    consent = given and Consent(
        purpose=Purpose.NOTICES,
        text_version=given[0],
        text_hash=given[1],
        given_at=datetime.fromisoformat(given[2]),
        channel=ChannelName(given[3]),
        message_ref=given[4],
    )
    address = Address(account_id=AccountId(account_id), external_id=external_id)
    return LinkTarget(address=address, channel=ChannelName(channel), consent=consent)


def _code_of(row: Row[*tuple[Any, ...]]) -> LinkCode:
    return LinkCode(
        code_id=LinkCodeId(row.id),
        contact_id=ContactId(row.contact_id),
        address_id=AddressId(row.address_id),
        address=Address(account_id=AccountId(row.account_id), external_id=row.external_id),
        channel=ChannelName(row.channel),
        state=LinkState(row.state),
        expires_at=row.expires_at,
        target=None if row.target is None else _unpack(row.target),
    )


def _link_of(row: Row[*tuple[Any, ...]]) -> Link:
    return Link(
        link_id=LinkId(row.id),
        kept_id=ContactId(row.kept_id),
        joined_id=ContactId(row.joined_id),
        address=Address(account_id=AccountId(row.account_id), external_id=row.external_id),
        channel=ChannelName(row.channel),
        linked_at=row.linked_at,
    )


class SqlLinks:
    """Implements the port `Links`."""

    def __init__(self, connection: AsyncConnection, *, keyring: Keyring) -> None:
        self._db = connection
        self._keyring = keyring

    def _mac(self, code: str) -> bytes:
        return self._keyring.fingerprint("link_code", code)

    async def offer(self, contact_id: ContactId, *, address_id: AddressId, code: str, expires_at: datetime) -> None:
        await self._db.execute(delete(t.link_code).where(t.link_code.c.contact_id == contact_id))
        await self._db.execute(
            insert(t.link_code).values(
                code_mac=self._mac(code),
                contact_id=contact_id,
                address_id=address_id,
                state=LinkState.OFFERED,
                expires_at=expires_at,
            )
        )

    async def find(self, code: str, *, now: datetime) -> LinkCode | None:
        live = _CODE.where(t.link_code.c.code_mac == self._mac(code), t.link_code.c.expires_at > now)
        rows = (await self._db.execute(live)).all()
        return _code_of(rows[0]) if len(rows) == 1 else None

    async def get(self, code_id: LinkCodeId, *, now: datetime) -> LinkCode | None:
        live = _CODE.where(t.link_code.c.id == code_id, t.link_code.c.expires_at > now)
        row = (await self._db.execute(live.with_for_update(of=t.link_code))).one_or_none()
        return _code_of(row) if row else None

    async def move(self, code_id: LinkCodeId, *, state: LinkState, target: LinkTarget, target_mac: bytes) -> None:
        values = {"state": state, "target": _pack(target), "target_mac": target_mac}
        await self._db.execute(update(t.link_code).where(t.link_code.c.id == code_id).values(**values))

    async def drop(self, code_id: LinkCodeId) -> None:
        await self._db.execute(delete(t.link_code).where(t.link_code.c.id == code_id))

    async def tries(self, mac: bytes, *, since: datetime) -> int:
        found = await self._db.execute(
            select(t.link_try.c.tries).where(t.link_try.c.address_mac == mac, t.link_try.c.since > since)
        )
        return found.scalar_one_or_none() or 0

    async def count_try(self, mac: bytes, *, since: datetime, at: datetime) -> None:
        statement = dialect_insert(self._db, t.link_try).values(address_mac=mac, tries=1, since=at)
        goes_on = t.link_try.c.since > since
        counted = {
            "tries": case((goes_on, t.link_try.c.tries + 1), else_=1),
            "since": case((goes_on, t.link_try.c.since), else_=statement.excluded.since),
        }
        await self._db.execute(statement.on_conflict_do_update(index_elements=["address_mac"], set_=counted))

    async def channels(self, contact_id: ContactId) -> set[ChannelName]:
        rows = await self._db.execute(
            select(t.account.c.channel)
            .join(t.address, t.address.c.account_id == t.account.c.id)
            .where(t.address.c.contact_id == contact_id)
        )
        return {ChannelName(channel) for channel in rows.scalars()}

    async def merge(self, kept_id: ContactId, *, joined_id: ContactId, at: datetime) -> Link | None:
        link_id = await merge(self._db, kept_id, joined_id=joined_id, at=at)
        return (
            None if link_id is None else _link_of((await self._db.execute(_LINK.where(t.link.c.id == link_id))).one())
        )

    async def of(self, contact_id: ContactId) -> list[Link]:
        rows = await self._db.execute(_LINK.where(t.link.c.kept_id == contact_id).order_by(t.link.c.id))
        return [_link_of(row) for row in rows]

    async def undo(self, link: Link, *, at: datetime) -> None:
        await part(self._db, link.link_id, at=at)

    async def purge(self, *, now: datetime) -> int:
        codes = await self._db.execute(delete(t.link_code).where(t.link_code.c.expires_at <= now))
        tries = await self._db.execute(delete(t.link_try).where(t.link_try.c.since <= now - CODE_LASTS))
        return codes.rowcount + tries.rowcount


async def forget_links(db: AsyncConnection, contact_id: ContactId, *, macs: list[bytes]) -> list[ContactId]:
    """For erasing: codes, counts and links are gone; gives who had been joined to her and is to be erased with her."""
    await db.execute(
        delete(t.link_code).where(or_(t.link_code.c.contact_id == contact_id, t.link_code.c.target_mac.in_(macs)))
    )
    await db.execute(delete(t.link_try).where(t.link_try.c.address_mac.in_(macs)))
    joined = await db.execute(
        select(t.link.c.joined_id).where(t.link.c.kept_id == contact_id, t.link.c.undone_at.is_(None))
    )
    found = [ContactId(number) for number in joined.scalars()]
    await db.execute(delete(t.link).where(or_(t.link.c.kept_id == contact_id, t.link.c.joined_id == contact_id)))
    return found
