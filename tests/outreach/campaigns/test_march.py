"""The march over what is out stops where it is told to wait, and its mark stays behind what was asked for."""

from collections.abc import Sequence
from functools import partial

from outreach.campaigns.march import March, Request
from outreach.campaigns.model import DeliveryId
from outreach.campaigns.ports.undoing import Out
from outreach.messaging import Channel, SendError, SendErrorKind
from outreach.pacing import TokenBucket
from outreach.transaction import Transaction
from tests.outreach.campaigns.conftest import Office


async def test_told_to_wait_it_asks_for_nobody(office: Office) -> None:
    names = await office.people(3)
    campaign = await office.campaign()
    async with office.running():
        await office.done(campaign)
    asked: list[str] = []
    written: list[tuple[int, Sequence[DeliveryId]]] = []

    async def ask(name: str) -> None:
        asked.append(name)
        if name == names[1]:
            raise SendError(SendErrorKind.NOT_NOW, "too_fast", retry_after=60.0)

    def requests(_: Channel, one: Out) -> list[Request]:
        return [partial(ask, one.address.external_id)]

    async def write(_: Transaction, *, after: int, done: Sequence[DeliveryId]) -> None:
        written.append((after, done))

    channels = {office.channel.account_id: office.channel}
    march = March(transactions=office.database, channels=channels, bucket=TokenBucket(100.0))
    assert not await march.step(campaign.campaign_id, after=0, requests=requests, write=write)
    [(mark, done)] = written
    assert (asked, done) == (names[:2], [mark])
    assert not await march.step(campaign.campaign_id, after=mark, requests=requests, write=write)
    assert (len(asked), len(written)) == (2, 1)
