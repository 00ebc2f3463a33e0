"""Which address is taken, who is left out because her window is closed, and that no more is spent than may be."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from outreach.campaigns.model import Audience, CampaignState, Content, DeliveryState
from outreach.contacts.model import Consent
from outreach.contacts.windows import Window, Windows, month_of
from outreach.messaging import Address, AttachmentKind, Media, MediaId, SendErrorKind
from storage import tables as t
from storage.windows import window, window_values
from tests.conftest import NOW
from tests.storage.conftest import Books
from tests.storage.two_channels import add_address, legs, names, set_reachable, spoke, zalo

RUNNING = CampaignState.RUNNING
SENT, SKIPPED, FAILED, PENDING = (
    DeliveryState.SENT,
    DeliveryState.SKIPPED,
    DeliveryState.FAILED,
    DeliveryState.PENDING,
)
HOUR = timedelta(hours=1)
HOURS = st.none() | st.integers(0, 200).map(lambda hours: hours * HOUR)


@given(spoke_before=HOURS, windowed=st.booleans(), free=st.integers(0, 100), whole=st.integers(1, 200))
async def test_the_window_in_sql_is_the_window(
    books: Books, spoke_before: timedelta | None, windowed: bool, free: int, whole: int
) -> None:
    at, windows = books.clock(), Windows(free=free * HOUR, whole=whole * HOUR)
    interacted_at = None if spoke_before is None else at - spoke_before
    await books.person(external_id="x")
    await spoke(books, "x", interacted_at)
    async with books.database.write() as tx:
        await tx.connection.execute(t.account.update().values(windowed=windowed))
        asked = select(window()).join_from(t.address, t.account).where(t.address.c.external_id == "x")
        found = (await tx.connection.execute(asked, window_values(windows, paid_left=0, at=at))).scalar_one()
    assert found == windows.of(interacted_at, windowed=windowed, at=at)


@pytest.mark.parametrize(
    ("hours", "window"),
    [
        (0, Window.FREE),
        (48, Window.FREE),
        (49, Window.PAID),
        (168, Window.PAID),
        (169, Window.CLOSED),
        (None, Window.CLOSED),
    ],
)
def test_free_then_paid_then_closed(hours: int | None, window: Window) -> None:
    interacted_at = None if hours is None else NOW - hours * HOUR
    assert Windows().of(interacted_at, windowed=True, at=NOW) == window
    assert Windows().of(interacted_at, windowed=False, at=NOW) == Window.FREE


def test_the_month_is_vietnam_s() -> None:
    assert month_of(NOW.replace(day=31, hour=16, minute=59)) == "2026-10"
    assert month_of(NOW.replace(day=31, hour=17)) == "2026-11"


async def test_of_several_addresses_the_best_is_taken(books: Books, notices: Consent) -> None:
    """Agreed to, reachable, open for nothing, then the one she last used."""
    account_id, now = await zalo(books), books.clock()
    hours: dict[str, tuple[int | None, bool, bool, str]] = {
        # name: hours since her word on Zalo, consent there, Telegram reachable, what is taken
        "both-open-zalo-newer": (1, True, True, "zalo"),
        "both-open-telegram-newer": (47, True, True, "telegram"),
        "zalo-would-cost": (60, True, True, "telegram"),
        "zalo-closed": (400, True, True, "telegram"),
        "not-agreed-on-zalo": (1, False, True, "telegram"),
        "telegram-blocked": (1, True, False, "zalo"),
        "telegram-blocked-zalo-closed": (400, True, False, "zalo"),
    }
    for name, (since, consent, reachable, _) in hours.items():
        contact_id = await books.person(external_id=f"telegram {name}")
        await spoke(books, f"telegram {name}", now - 10 * HOUR)
        await set_reachable(books, f"telegram {name}", reachable=reachable)
        await add_address(
            books,
            contact_id,
            account_id=account_id,
            external_id=f"zalo {name}",
            interacted_at=None if since is None else now - since * HOUR,
            consent=notices if consent else None,
        )
    await books.campaign(state=RUNNING)
    assert [row[3] for row in await legs(books)] == [f"{taken} {name}" for name, (*_, taken) in hours.items()]


async def test_as_it_starts_the_best_is_chosen_again(books: Books, notices: Consent) -> None:
    account_id, now = await zalo(books), books.clock()
    contact_id = await books.person(external_id="telegram")
    await books.person(external_id="alone")
    about = {"account_id": account_id, "external_id": "zalo", "consent": notices}
    await add_address(books, contact_id, interacted_at=None, **about)  # type: ignore[arg-type]  # a bag of keywords
    campaign = await books.campaign(state=CampaignState.PREPARING)
    async with books.database.write() as tx:
        await tx.ledger.freeze_chunk(campaign, main_period=None, after=0, size=10, at=now)
    assert [row[3] for row in await legs(books)] == ["telegram", "alone"]
    await set_reachable(books, "telegram", reachable=False)
    await spoke(books, "zalo", now)
    async with books.database.write() as tx:
        assert (
            await tx.ledger.leave_out_chunk(campaign.campaign_id, limits=books.limits(), after=0, size=10, at=now)
            is None
        )
    assert await legs(books) == [(1, "pending", "", "zalo"), (1, "pending", "", "alone")]
    async with books.database.read() as tx:
        accounts = select(t.delivery.c.account_id).order_by(t.delivery.c.id)
        assert list((await tx.connection.execute(accounts)).scalars()) == [account_id, books.account_id]


async def _on_zalo(books: Books, **hours: int) -> None:
    """People of that channel alone, by the hours since their last word."""
    account_id = await zalo(books)
    for name, since in hours.items():
        await books.person(external_id=name)
        async with books.database.write() as tx:
            mine = t.address.c.external_id == name
            await tx.connection.execute(t.address.update().where(mine).values(account_id=account_id))
        await spoke(books, name, books.clock() - since * HOUR)


async def test_who_is_outside_her_window_is_skipped_and_what_costs_is_off(books: Books) -> None:
    await _on_zalo(books, fresh=1, days=60, old=200)
    await books.person(external_id="on-telegram")
    async with books.database.read() as tx:
        preview = await tx.ledger.preview(Audience(), limits=books.limits(), at=books.clock())
    assert (preview.will_get, preview.excluded) == (2, {"outside_window": 1, "paid_off": 1})
    assert [(c.channel, c.free, c.paid, c.closed, c.vnd) for c in preview.channels] == [
        ("telegram", 1, 0, 0, 0),
        ("zalo_oa", 1, 0, 1, 0),
    ]
    campaign = await books.campaign(state=RUNNING)
    assert names(await books.claim(account_id=await zalo(books))) == ["fresh"]
    assert names(await books.claim()) == ["on-telegram"]
    reasons = await books.reasons(campaign)
    assert reasons[SKIPPED, "outside_window"] == reasons[SKIPPED, "paid_off"] == 1


async def _spent(books: Books) -> dict[str, int]:
    async with books.database.read() as tx:
        spent = (await tx.spending.of_month("2026-10")).get(await zalo(books))
    return {"messages": spent.messages, "charged": spent.charged, "vnd": spent.vnd} if spent else {}


async def test_no_more_is_spent_than_the_ceiling_whatever_the_outcome(books: Books) -> None:
    books.database.windows = Windows(ceiling_vnd=55 * 3 + 54)
    await _on_zalo(books, free=1, a=60, b=61, c=62, d=63, e=64)
    account_id = await zalo(books)
    async with books.database.read() as tx:
        preview = await tx.ledger.preview(Audience(), limits=books.limits(), at=books.clock())
    assert (preview.will_get, preview.excluded) == (4, {"ceiling_reached": 2})
    assert [(c.free, c.paid, c.vnd) for c in preview.channels if c.account_id == account_id] == [(1, 3, 165)]
    campaign = await books.campaign(state=RUNNING)
    first = await books.claim(size=3, account_id=account_id)
    assert names(first) == ["free", "a", "b"]
    assert await _spent(books) == {"messages": 0, "charged": 0, "vnd": 110}  # booked before anything leaves
    await books.write(first[:1], SENT, refs=("1",))
    await books.write(first[1:2], SENT, refs=("2",), charged=1)
    await books.write(first[2:], FAILED, reason="bad_request", error=SendErrorKind.OUR_FAULT)
    assert await _spent(books) == {"messages": 2, "charged": 1, "vnd": 55}
    second = await books.claim(size=3, account_id=account_id)
    assert names(second) == ["c", "d"]  # two more may be paid; the last is skipped
    assert await books.reasons(campaign) == {
        (SENT, ""): 2,
        (FAILED, "bad_request"): 1,
        (DeliveryState.IN_FLIGHT, ""): 2,
        (SKIPPED, "ceiling_reached"): 1,
    }
    await books.write(second[:1], SENT, refs=("3",))  # the package paid for it
    await books.write(second[1:], DeliveryState.UNKNOWN, reason="timeout")  # it may have been charged
    assert await _spent(books) == {"messages": 3, "charged": 1, "vnd": 110}
    async with books.database.read() as tx:
        found = await tx.campaigns.get(campaign.campaign_id)
    assert found
    assert found.tally.charged == 1


async def test_pictures_are_booked_as_the_messages_they_are(books: Books, plan_136: Content) -> None:
    """Three messages a person on such a channel: 340 VND are enough for two people, not for three."""
    books.database.windows = Windows(ceiling_vnd=340)
    await _on_zalo(books, a=60, b=61, c=62)
    photos = tuple(
        Media(media_id=MediaId(number), kind=AttachmentKind.PHOTO, name=f"{number}.jpg", size=9) for number in (1, 2)
    )
    content = replace(plan_136, media=photos)
    async with books.database.read() as tx:
        preview = await tx.ledger.preview(
            Audience(), limits=books.limits(), at=books.clock(), messages=content.messages
        )
    assert (preview.will_get, preview.excluded) == (2, {"ceiling_reached": 1})
    assert sum(channel.vnd for channel in preview.channels) == 330
    campaign = await books.campaign(state=RUNNING, content=content)
    claimed = await books.claim(account_id=await zalo(books))
    assert names(claimed) == ["a", "b"]
    assert await _spent(books) == {"messages": 0, "charged": 0, "vnd": 330}
    assert (await books.reasons(campaign))[SKIPPED, "ceiling_reached"] == 1
    await books.write(claimed[:1], SENT, refs=("1", "2", "3"), charged=3)
    await books.write(claimed[1:], PENDING)
    assert await _spent(books) == {"messages": 3, "charged": 3, "vnd": 165}


async def test_money_that_was_booked_before_midnight_goes_back_to_its_month(books: Books) -> None:
    books.database.windows = Windows(ceiling_vnd=1_000)
    await _on_zalo(books, a=60)
    await books.campaign(state=RUNNING)
    claimed = await books.claim(account_id=await zalo(books))
    books.clock.advance(days=20)
    await books.write(claimed, PENDING)
    assert await _spent(books) == {"messages": 0, "charged": 0, "vnd": 0}


async def test_what_was_booked_stays_booked_after_a_kill(books: Books) -> None:
    books.database.windows = Windows(ceiling_vnd=100)
    await _on_zalo(books, a=60, b=61)
    account_id = await zalo(books)
    await books.campaign(state=RUNNING)
    assert names(await books.claim(account_id=account_id)) == ["a"]
    async with books.database.write() as tx:
        newer = await tx.leases.take("bulk:1", holder="other", seen=await tx.leases.read("bulk:1"))
        assert newer
        assert await tx.ledger.settle_orphans(account_id=account_id, lease=newer, at=books.clock()) == 1
    assert (await _spent(books))["vnd"] == 55


async def test_the_provider_knows_better_whether_a_window_is_closed(books: Books) -> None:
    await _on_zalo(books, a=1)
    account_id = await zalo(books)
    await books.campaign(state=RUNNING)
    claimed = await books.claim(account_id=account_id)
    await books.write(claimed, SKIPPED, reason="outside_window", error=SendErrorKind.WINDOW_CLOSED)
    async with books.database.read() as tx:
        known = await tx.contacts.known(Address(account_id=account_id, external_id="a"))
    assert known.reachable
    assert known.interacted_at is None
