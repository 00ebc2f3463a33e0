"""A window on its way: each row's message made, paced and sent, and what came of it."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from outreach.campaigns.model import Campaign, CampaignKind, Delivery, DeliveryState, Outcome
from outreach.campaigns.outcomes import BROKE_OFF, NOT_MADE, given_back, outcome_of
from outreach.campaigns.ports.renderer import Renderer
from outreach.clock import Clock
from outreach.messaging import CampaignId, Channel, ContactId, Reply, SendError, SendErrorKind, Sent
from outreach.pacing import IN_BULK, TokenBucket
from outreach.units import UnitId

log = logging.getLogger(__name__)

_MOST_MADE = 1_000  # messages
_LATEST = 64  # answers

Wording = tuple[CampaignId, int]  # of that version
Alike = tuple[Wording, str, UnitId | None, ContactId | None]  # whoever gets the same message


def wording(delivery: Delivery) -> Wording:
    return delivery.campaign_id, delivery.version


@dataclass(kw_only=True)
class Wire:
    """`wordings` holds the campaign of every row that is claimed, in the words it has as the row is claimed."""

    channel: Channel
    renderer: Renderer
    clock: Clock
    wordings: dict[Wording, Campaign] = field(default_factory=dict)
    _made: dict[Alike, Reply] = field(default_factory=dict)
    _took: deque[float] = field(default_factory=lambda: deque(maxlen=_LATEST))
    _warm: bool = False  # the first window makes the connections: how long that takes is not the provider's time

    @property
    def latency(self) -> float:
        """Seconds the provider takes for an answer: the least of the latest, so that a busy minute of ours says nothing; 0 at first."""
        return min(self._took, default=0.0)

    async def send_window(
        self, claimed: list[Delivery], *, bucket: TokenBucket, may_go: Callable[[], bool]
    ) -> list[Outcome]:
        """What `may_go` refuses, or the bucket, is given back: nothing of it has left."""
        await asyncio.sleep(0)  # the transaction of the next window goes to its thread first
        tasks: list[asyncio.Task[Outcome]] = []
        back: list[Outcome] = []
        for delivery in claimed:
            if may_go() and await bucket.wait():
                tasks.append(asyncio.create_task(self._send(delivery, bucket=bucket)))
            else:
                back.append(given_back(delivery, at=self.clock()))
        outcomes = [*back, *await asyncio.gather(*tasks)]
        self._warm = True
        return outcomes

    async def _send(self, delivery: Delivery, *, bucket: TokenBucket) -> Outcome:
        IN_BULK.set(True)  # a task of its own: it ends with it
        if self.wordings[wording(delivery)].kind == CampaignKind.DIGEST and not delivery.items:
            # All it would tell was taken back since it was made.
            return replace(given_back(delivery, at=self.clock()), state=DeliveryState.SKIPPED, reason="cancelled")
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            sent = await self._request(delivery)
        except SendError as error:
            if error.kind == SendErrorKind.NOT_NOW:
                bucket.hold(error.retry_after)
            return outcome_of(delivery, error=error, at=self.clock())
        except Exception:
            # A fault of ours in the channel: nobody can say whether the request left.
            log.exception("delivery %d broke off", delivery.delivery_id)
            return outcome_of(delivery, error=SendError(SendErrorKind.UNKNOWN, BROKE_OFF), at=self.clock())
        if self._warm:
            self._took.append(clock() - began)
        bucket.accepted()
        return Outcome(
            delivery=delivery, state=DeliveryState.SENT, at=self.clock(), refs=sent.refs, charged=sent.charged
        )

    async def _request(self, delivery: Delivery) -> Sent:
        try:
            reply = self._reply(delivery)
        except Exception as error:
            log.exception("delivery %d could not be rendered", delivery.delivery_id)
            raise SendError(SendErrorKind.OUR_FAULT, NOT_MADE) from error
        return await self.channel.send(delivery.address.external_id, reply)

    def _reply(self, delivery: Delivery) -> Reply:
        """Made once for all who get the same: news differ by language and unit, a digest by person."""
        words, contact = wording(delivery), delivery.contact
        campaign = self.wordings[words]
        one_of_a_kind = campaign.kind == CampaignKind.DIGEST
        if one_of_a_kind:
            campaign = replace(campaign, items=delivery.items)
        alike = (words, contact.language, contact.unit_id, contact.contact_id if one_of_a_kind else None)
        reply = self._made.get(alike)
        if reply is None:
            reply = self.renderer.render_campaign(campaign, contact=contact, capabilities=self.channel.capabilities)
            if len(self._made) >= _MOST_MADE:
                self._made.clear()
            self._made[alike] = reply
        return reply
