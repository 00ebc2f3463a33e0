"""Who may take which step of linking, and who speaks for both afterwards."""

import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from outreach.contacts import linking
from outreach.contacts.links import LinkCode, LinkCodeId, LinkId, LinkState
from outreach.contacts.model import Consent, Contact, Known, Purpose, Subscription
from outreach.errors import NotFoundError, OutreachError, PermissionDeniedError, StateError
from outreach.messaging import AccountId, Address, ChannelName, ContactId
from outreach.officers import Person, Role
from outreach.transaction import Transaction
from storage.database import Database
from tests.conftest import NOW

MakePerson = Callable[..., Awaitable[ContactId]]
CODE = "123456"
STRANGER = Person(contact_id=None)


@pytest.fixture
async def zalo(database: Database) -> AccountId:
    async with database.write() as tx:
        return await tx.contacts.account(channel=ChannelName.ZALO_OA, external_id="2000", name="")


async def offered(tx: Transaction, asker: Known) -> None:
    await linking.offer_code(asker.actor, tx, known=asker, code=CODE, at=NOW)


async def typed(tx: Transaction, at: Known, *, channel: ChannelName = ChannelName.ZALO_OA) -> LinkCode:
    return await linking.type_code(at.actor, tx, known=at, channel=channel, code=CODE, at=NOW)


async def refusal(work: Awaitable[object]) -> str:
    with pytest.raises(OutreachError) as caught:
        await work
    return caught.value.code


def test_whoever_gets_news_speaks_for_both_and_among_equals_the_older() -> None:
    def contact(number: int, subscription: Subscription) -> Contact:
        return Contact(
            contact_id=ContactId(number), subscription=subscription, birth_year=None, unit_id=None, created_at=NOW
        )

    order = [Subscription.ACTIVE, Subscription.PAUSED, Subscription.JOINING, Subscription.STOPPED, Subscription.NONE]
    for stronger, weaker in itertools.combinations(order, 2):
        older, younger = contact(1, weaker), contact(2, stronger)
        assert linking.speaks_for_both(older, younger) == (younger, older)
    for state in order:
        assert linking.speaks_for_both(contact(2, state), contact(1, state)) == (contact(1, state), contact(2, state))


async def test_every_step_is_one_s_own(database: Database, person: MakePerson, zalo: AccountId) -> None:
    asker_id = await person(external_id="501")
    other = Person(contact_id=await person(external_id="502"))
    async with database.write() as tx:
        asker = await tx.contacts.known(Address(account_id=AccountId(1), external_id="501"))
        target = await tx.contacts.known(Address(account_id=zalo, external_id="z1"))
        outsider = await tx.contacts.known(Address(account_id=zalo, external_id="z9"))
        with pytest.raises(PermissionDeniedError):
            await linking.offer_code(STRANGER, tx, known=target, code=CODE, at=NOW)
        for actor in (other, STRANGER):
            with pytest.raises(PermissionDeniedError):
                await linking.offer_code(actor, tx, known=asker, code=CODE, at=NOW)
            with pytest.raises(PermissionDeniedError):
                await linking.links_of(actor, tx, contact_id=asker_id)
            with pytest.raises(PermissionDeniedError):
                await linking.unlink(actor, tx, contact_id=asker_id, link_id=LinkId(1), at=NOW)
        await offered(tx, asker)
        with pytest.raises(PermissionDeniedError):
            await linking.type_code(other, tx, known=target, channel=ChannelName.ZALO_OA, code=CODE, at=NOW)
        code = await typed(tx, target)
        # Neither somebody else's phone, nor the asker before the other side has agreed, nor she in its place.
        number: dict[str, Any] = {"code_id": code.code_id, "at": NOW}
        for known in (outsider, asker):
            assert await refusal(linking.agree(known.actor, tx, known=known, consent=None, **number)) == "link_over"
        assert await refusal(linking.refuse(STRANGER, tx, known=outsider, **number)) == "link_over"
        for known in (asker, target, outsider):
            assert await refusal(linking.confirm(known.actor, tx, known=known, consent=None, **number)) == "link_over"
        await linking.agree(STRANGER, tx, known=target, consent=None, **number)
        for known in (target, outsider):
            assert await refusal(linking.confirm(known.actor, tx, known=known, consent=None, **number)) == "link_over"
        linked = await linking.confirm(asker.actor, tx, known=asker, consent=None, **number)
        assert linked.link.kept_id == asker_id
        assert await refusal(linking.confirm(asker.actor, tx, known=asker, consent=None, **number)) == "link_over"
        with pytest.raises(NotFoundError):
            await linking.unlink(asker.actor, tx, contact_id=asker_id, link_id=LinkId(99), at=NOW)


async def test_a_consent_on_the_way_is_written_only_where_news_come_of_it(
    database: Database, person: MakePerson, zalo: AccountId, notices: Consent
) -> None:
    given = {Subscription.ACTIVE: 2, Subscription.PAUSED: 2, Subscription.STOPPED: 1, Subscription.NONE: 1}
    for number, (subscription, expected) in enumerate(given.items()):
        asker_id = await person(external_id=f"50{number}", subscription=subscription)
        async with database.write() as tx:
            asker = await tx.contacts.known(Address(account_id=AccountId(1), external_id=f"50{number}"))
            target = await tx.contacts.known(Address(account_id=zalo, external_id=f"z{number}"))
            await offered(tx, asker)
            code = await typed(tx, target)
            await linking.agree(STRANGER, tx, known=target, code_id=code.code_id, consent=notices, at=NOW)
            linked = await linking.confirm(asker.actor, tx, known=asker, code_id=code.code_id, consent=notices, at=NOW)
            consents = [one for one in await tx.contacts.consents(asker_id) if one.purpose == Purpose.NOTICES]
        assert len(consents) == expected, subscription
        assert (linked.news_here, linked.news_there) == ((expected == 2,) * 2)


async def test_the_same_office_twice_is_one_and_two_again_after_parting(
    database: Database, person: MakePerson, zalo: AccountId
) -> None:
    asker_id = await person(external_id="501")
    async with database.write() as tx:
        asker = await tx.contacts.known(Address(account_id=AccountId(1), external_id="501"))
        other_id = await tx.contacts.create(Address(account_id=zalo, external_id="z1"), source="", at=NOW)
        for contact_id in (asker_id, other_id):
            await tx.officers.grant(contact_id, role=Role.REVIEWER, unit_id=None, by=None, at=NOW)
        target = await tx.contacts.known(Address(account_id=zalo, external_id="z1"))
        await offered(tx, asker)
        code = await typed(tx, target)
        await linking.agree(target.actor, tx, known=target, code_id=code.code_id, consent=None, at=NOW)
        # The office was read before; the person speaks as herself.
        linked = await linking.confirm(asker.actor, tx, known=asker, code_id=code.code_id, consent=None, at=NOW)
        assert len(await tx.officers.list_active()) == 1
        await linking.unlink(asker.actor, tx, contact_id=asker_id, link_id=linked.link.link_id, at=NOW)
        assert {one.contact_id for one in await tx.officers.list_active()} == {asker_id, other_id}


async def test_whoever_is_linked_already_is_kept_or_must_part_first(
    database: Database, person: MakePerson, zalo: AccountId
) -> None:
    """Stopped on Telegram and Zalo, linked; subscribed on the Bot: the Bot's would be kept, and the two joined to it."""
    asker_id = await person(external_id="501", subscription=Subscription.STOPPED, consent=False)
    async with database.write() as tx:
        bot_account = await tx.contacts.account(channel=ChannelName.ZALO_BOT, external_id="3000", name="")
        asker = await tx.contacts.known(Address(account_id=AccountId(1), external_id="501"))
        joined = await tx.contacts.create(Address(account_id=zalo, external_id="z1"), source="", at=NOW)
        assert await tx.links.merge(asker_id, joined_id=joined, at=NOW)
        bot = Address(account_id=bot_account, external_id="b1")
        on_bot = await tx.contacts.create(bot, source="", at=NOW)
        await tx.contacts.change(on_bot, at=NOW, subscription=Subscription.ACTIVE)
        target = await tx.contacts.known(bot)
        await offered(tx, asker)
        code = await typed(tx, target, channel=ChannelName.ZALO_BOT)
        assert (code.state, code.code_id) == (LinkState.OFFERED, LinkCodeId(1))
        await linking.agree(target.actor, tx, known=target, code_id=code.code_id, consent=None, at=NOW)
        with pytest.raises(StateError, match="link_undo_first"):
            await linking.confirm(asker.actor, tx, known=asker, code_id=code.code_id, consent=None, at=NOW)
        assert await tx.links.get(code.code_id, now=NOW) is None
