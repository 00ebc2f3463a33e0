"""What a person does with her own data nobody else may do for her; and the small rules beside it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from outreach.campaigns.opened import opened
from outreach.contacts import asking, profile, subscribe
from outreach.contacts.model import Consent, Contact, Known, Purpose, Rhythm, Subscription
from outreach.contacts.years import birth_year_in, offered_years
from outreach.errors import InvalidAnswerError, PermissionDeniedError, StateError
from outreach.messaging import AccountId, Address, CampaignId, ChannelName, ContactId
from outreach.officers import Officer, Person, Role
from outreach.pack import Pack
from outreach.reach.evidence import note_evidence
from outreach.reach.model import Tier
from outreach.text import mask_numbers
from outreach.transaction import Transaction
from outreach.units import UnitId
from storage.database import Database
from tests.conftest import NOW

People = Callable[..., Awaitable[ContactId]]
ADDRESS = Address(account_id=AccountId(1), external_id="501")
CONSENT = Consent(
    purpose=Purpose.NOTICES,
    text_version="1",
    text_hash="0" * 64,
    given_at=NOW,
    channel=ChannelName.TELEGRAM,
    message_ref="7",
)
Call = Callable[[Any, Transaction, Contact, Pack], Awaitable[object]]

CALLS: dict[str, Call] = {
    "give_consent": lambda actor, tx, contact, _: subscribe.give_consent(
        actor, tx, known=Known(address=ADDRESS, contact=contact), source="", consent=CONSENT, at=NOW
    ),
    "say_birth_year": lambda actor, tx, contact, pack: subscribe.say_birth_year(
        actor, tx, contact=contact, birth_year=2006, ages=pack.ages, at=NOW
    ),
    "say_unit": lambda actor, tx, contact, _: subscribe.say_unit(actor, tx, contact=contact, unit_id=UnitId(1), at=NOW),
    "complete": lambda actor, tx, contact, _: subscribe.complete(actor, tx, contact=contact, at=NOW),
    "receipt": lambda actor, tx, contact, _: subscribe.receipt(actor, tx, contact=contact),
    "leave_joining": lambda actor, tx, contact, _: subscribe.leave_joining(
        actor, tx, contact=contact, officer=None, too_young=True, at=NOW
    ),
    "stop": lambda actor, tx, contact, _: profile.stop(actor, tx, contact=contact, how="word", at=NOW),
    "rest": lambda actor, tx, contact, _: profile.rest(actor, tx, contact=contact, at=NOW),
    "resume": lambda actor, tx, contact, _: profile.resume(actor, tx, contact=contact, at=NOW),
    "welcome_back": lambda actor, tx, contact, _: profile.welcome_back(
        actor, tx, known=Known(address=ADDRESS), contact=contact, at=NOW
    ),
    "have_here": lambda actor, tx, contact, _: profile.have_here(
        actor,
        tx,
        known=Known(address=ADDRESS),
        contact=contact,
        consent=Consent(
            purpose=Purpose.NOTICES,
            text_version="1",
            text_hash="0",
            given_at=NOW,
            channel=ChannelName.TELEGRAM,
            message_ref="1",
        ),
    ),
    "mute_topics": lambda actor, tx, contact, _: profile.mute_topics(
        actor, tx, contact=contact, muted=frozenset({"work"}), at=NOW
    ),
    "set_rhythm": lambda actor, tx, contact, _: profile.set_rhythm(
        actor, tx, contact=contact, rhythm=Rhythm.WEEKLY, at=NOW
    ),
    "set_language": lambda actor, tx, contact, _: profile.set_language(
        actor, tx, contact=contact, language="en", at=NOW
    ),
    "copy_of": lambda actor, tx, contact, _: profile.copy_of(actor, tx, contact_id=contact.contact_id),
    "erase": lambda actor, tx, contact, _: profile.erase(actor, tx, contact_id=contact.contact_id, at=NOW),
    "ask": lambda actor, tx, contact, _: asking.ask(actor, tx, contact=contact, text="Một câu hỏi", at=NOW),
    "waiting": lambda actor, tx, contact, _: asking.waiting(actor, tx, contact_id=contact.contact_id),
    "note_evidence": lambda actor, tx, contact, pack: note_evidence(
        actor, tx, contact=contact, tier=Tier.READ, pack=pack, turns=1, at=NOW
    ),
    "opened": lambda actor, tx, contact, pack: opened(
        actor, tx, contact=contact, officer=None, campaign_id=CampaignId(1), tier=Tier.READ, pack=pack, at=NOW
    ),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("by", ["another person", "an admin"])
async def test_nobody_else_may(database: Database, person: People, langson: Pack, name: str, by: str) -> None:
    contact_id = await person(unit="06325", external_id="501")
    other_id = await person()
    actor: Person | Officer = Person(contact_id=other_id)
    async with database.write() as tx:
        if by == "an admin":
            actor = await tx.officers.grant(other_id, role=Role.ADMIN, unit_id=None, by=None, at=NOW)
        contact = await tx.contacts.get(contact_id)
        assert contact
        with pytest.raises(PermissionDeniedError):
            await CALLS[name](actor, tx, contact, langson)
        assert await tx.contacts.get(contact_id) == contact


@pytest.mark.parametrize("subscription", [Subscription.NONE, Subscription.STOPPED, Subscription.JOINING])
@pytest.mark.parametrize("name", ["rest", "resume", "mute_topics", "set_rhythm"])
async def test_only_subscribers_rest_or_choose(
    database: Database, person: People, langson: Pack, name: str, subscription: Subscription
) -> None:
    contact_id = await person(subscription=subscription)
    async with database.write() as tx:
        contact = await tx.contacts.get(contact_id)
        assert contact
        with pytest.raises(StateError):
            await CALLS[name](Person(contact_id=contact_id), tx, contact, langson)


async def test_a_consent_is_given_once_and_not_by_a_subscriber(
    database: Database, person: People, notices: Consent
) -> None:
    contact_id = await person(external_id="501")
    async with database.write() as tx:
        known = await tx.contacts.known(ADDRESS)
        with pytest.raises(StateError):
            await subscribe.give_consent(known.actor, tx, known=known, source="", consent=notices, at=NOW)
        assert len(await tx.contacts.consents(contact_id)) == 1


async def test_a_year_under_the_least_age_is_never_written(database: Database, person: People, langson: Pack) -> None:
    contact_id = await person()
    async with database.write() as tx:
        contact = await tx.contacts.get(contact_id)
        assert contact
        with pytest.raises(StateError):
            await subscribe.say_birth_year(
                Person(contact_id=contact_id), tx, contact=contact, birth_year=2011, ages=langson.ages, at=NOW
            )


@pytest.mark.parametrize(("year", "verdict"), [(2011, "too_young"), (2010, "youth"), (1996, "youth"), (1995, "older")])
def test_age_is_reckoned_by_the_year(langson: Pack, year: int, verdict: str) -> None:
    assert subscribe.year_verdict(year, ages=langson.ages, at=NOW) == verdict


def test_the_offered_years_move_on_with_the_year_in_vietnam(langson: Pack) -> None:
    assert list(offered_years(langson.ages, at=NOW)) == list(range(1996, 2011))
    new_year = NOW.replace(month=12, day=31, hour=17)  # 00:00 on 1/1/2027 in Vietnam
    assert offered_years(langson.ages, at=new_year)[-1] == 2011
    assert offered_years(langson.ages, at=new_year - timedelta(seconds=1))[-1] == 2010


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2009", 2009),
        ("năm 2009.", 2009),
        ("2009 2009", 2009),
        ("2k0", 2000),
        ("sinh 2K10", 2010),
        ("1/1/2001", 2001),
        ("1926", 1926),
        ("1925", None),
        ("2027", None),
        ("12009", None),
        ("20091", None),
        ("09", None),
        ("2k99", None),
        ("2007 hoặc 2008", None),
        ("", None),
        ("0912002009", None),
    ],
)
def test_years_in_words(text: str, year: int | None) -> None:
    assert birth_year_in(text, at=NOW) == year


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("gọi 0912345678 nhé", "gọi •••••••••• nhé"),
        ("+84 912 345 678", "+••••••••••••••"),
        ("0912.345.678", "••••••••••••"),
        ("020208001234", "••••••••••••"),
        ("136/KH-UBND ngày 10/6/2024", "136/KH-UBND ngày 10/6/2024"),
        ("năm 2025 có 188000 người", "năm 2025 có 188000 người"),
        ("12345678", "12345678"),
    ],
)
def test_long_numbers_become_dots(text: str, masked: str) -> None:
    assert mask_numbers(text) == masked


async def test_a_question_keeps_its_bounds(database: Database, person: People) -> None:
    contact_id = await person()
    async with database.write() as tx:
        contact = await tx.contacts.get(contact_id)
        assert contact
        for text in ("abcd", "x" * 1001, "     a    "):
            with pytest.raises(InvalidAnswerError) as refused:
                await asking.ask(Person(contact_id=contact_id), tx, contact=contact, text=text, at=NOW)
            assert refused.value.code == "question_length"
