"""What the clock tells the officer who ordered a campaign: the progress, an interruption, a halt, and the report at the end."""

import logging
import math
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from handlers.router import Router
from handlers.send import report, watch
from handlers.send.steps import FLOW, why
from handlers.turn import Turn
from outreach.campaigns.compose import publish_started
from outreach.campaigns.model import ENDED, Campaign, CampaignState, DeliveryState, OnUnknown
from outreach.campaigns.ports.watching import GONE, WAVE_WENT
from outreach.campaigns.report import LEFT
from outreach.campaigns.rules import NO_ANSWER, OUR_FAULT, WRONG_MESSAGE
from outreach.messaging import AccountId, Address, CampaignId, ChannelName, Notice, Replies, Reply
from outreach.officers import Action, Officer
from outreach.transaction import Transaction, Transactions

log = logging.getLogger(__name__)

_NOT_BEGUN = "not_begun"  # remembered as told, beside the states: that an hour was missed
_EVERY = 3.0  # seconds between two changes of one progress message
_TRY_AGAIN = 300.0  # seconds between two words on a halt where nobody knows whether they arrive


@dataclass(slots=True, kw_only=True)
class _Shown:
    """What the progress message says, and when it was looked at: seconds of the monotonic clock."""

    at: float
    text: str = ""
    standing: tuple[str, ...] = ()  # the state, and why channels stand still


@dataclass(kw_only=True)
class CampaignNews:
    """Runs every second; what was told is kept with the campaign, so a restart repeats no report and forgets none."""

    transactions: Transactions
    router: Router
    channels: Mapping[AccountId, ChannelName]
    shut: Callable[[], Collection[AccountId]] = tuple  # from which nothing leaves just now
    unheard: Callable[[], Collection[AccountId]] = tuple  # of which nobody knows whether the latest words arrived
    now: Callable[[], float] = time.monotonic
    _shown: dict[CampaignId, _Shown] = field(default_factory=dict)
    _again: set[CampaignId] = field(default_factory=set)  # halts of which the word may not have left
    _looked: bool = False
    _tried_at: float = -math.inf

    async def run(self) -> None:
        async with self.transactions.read() as tx:
            waiting = await tx.watching.to_tell()
            halted = [campaign for campaign, *_ in waiting if campaign.halt_reason]
            self._again = await self._to_repeat(tx, halted)
            self._looked = True
            due = [(row, await _whom(tx, row[0])) for row in waiting if self._due(*row)]
        for (campaign, *_), officer in due:
            try:
                await self._tell(campaign.campaign_id, officer)
            except Exception as error:  # noqa: BLE001  (one campaign's news must not keep the others')
                log.error("campaign %d: its officer was not told: %s", campaign.campaign_id, type(error).__name__)  # noqa: TRY400  (no values of a person in the log)
        self._shown = {
            number: shown for number, shown in self._shown.items() if number in {c.campaign_id for c, *_ in waiting}
        }

    async def _to_repeat(self, tx: Transaction, halted: Sequence[Campaign]) -> set[CampaignId]:
        """What an earlier process told, or what was told while her account took nothing, may have grown too old to be sent."""
        numbers = {campaign.campaign_id for campaign in halted}
        silent = set(self.shut())
        if self.unheard() and self.now() - self._tried_at >= _TRY_AGAIN:
            silent |= set(self.unheard())
            self._tried_at = self.now()
        hers = {campaign.campaign_id: await _address(tx, await _whom(tx, campaign)) for campaign in halted if silent}
        missed = {number for number, address in hers.items() if address and address.account_id in silent}
        return (self._again & numbers if self._looked else numbers) | missed

    def _due(self, campaign: Campaign, told: str, unknown: int) -> bool:
        """Cheap, because it is asked every second: whether there may be something to say."""
        if campaign.state in ENDED:
            # One that was cancelled may have open windows and rows to give up still; they belong into the report.
            return not campaign.tally.left
        if campaign.tally.unknown > unknown or self._is_news(campaign, told):
            return True
        shown = self._shown.get(campaign.campaign_id)
        if campaign.state == CampaignState.PREPARING:
            return False
        return shown is None or self.now() - shown.at >= _EVERY

    def _is_news(self, campaign: Campaign, told: str) -> bool:
        return _needs_a_word(campaign) and (told != _moment(campaign) or campaign.campaign_id in self._again)

    async def _tell(self, campaign_id: CampaignId, officer: Officer | None) -> None:
        """In a turn of the officer's own; where nobody is left to be told, that is noted."""
        async with self.transactions.read() as tx:
            address = await _address(tx, officer)
        channel = self.channels.get(address.account_id) if address else None
        if address is None or channel is None:
            await self._skip(campaign_id)
            return
        if address.account_id in self.shut():
            return

        async def handle(turn: Turn) -> Replies:
            return await self._news(turn, campaign_id)

        await self.router.take_up(address, channel=channel, handle=handle)
        self._again.discard(campaign_id)

    async def _skip(self, campaign_id: CampaignId) -> None:
        self._again.discard(campaign_id)
        async with self.transactions.write() as tx:
            if found := await _row(tx, campaign_id):
                campaign, told, _ = found
                await tx.watching.told(campaign_id, state=_to_note(campaign, told=told), unknown=campaign.tally.unknown)
                self._note(campaign, text="")

    async def _news(self, turn: Turn, campaign_id: CampaignId) -> Replies:
        """Looked up again in the transaction that says it. Effects: what was told, outbox."""
        found = await _row(turn.tx, campaign_id)
        if found is None or turn.known.officer is None:
            return Replies()
        campaign, told, unknown = found
        if told in {"", _NOT_BEGUN}:
            await publish_started(turn.known.officer, tx=turn.tx, campaign=campaign, at=turn.now)
        messages: list[Reply] = []
        if campaign.state in ENDED:
            missed = campaign.started_at is None and campaign.halt_reason
            messages = [_missed(turn, campaign)] if missed else await self._ended(turn, campaign, told=told)
        else:
            halted = [await _word(turn, campaign)] if self._is_news(campaign, told) else []
            progress = await self._progress(turn, campaign)
            messages += progress if turn.can.edits or not halted else []  # a second message would only say the same
            if campaign.tally.unknown > unknown:
                messages += await _interrupted(turn, campaign)
            messages += halted
        # Until it has begun nothing is noted as told: its beginning also publishes the item.
        begun = campaign.started_at is not None or campaign.state in ENDED or bool(campaign.halt_reason)
        noted = _to_note(campaign, told=told)
        if begun and (told != noted or campaign.tally.unknown > unknown):
            await turn.tx.watching.told(campaign_id, state=noted, unknown=campaign.tally.unknown)
        return _to_officer(turn, campaign, messages)

    async def _progress(self, turn: Turn, campaign: Campaign) -> list[Reply]:
        """It changes in place; where messages cannot be changed only what has happened is told: begun, paused, a channel standing still."""
        before, halted = self._shown.get(campaign.campaign_id), await turn.tx.lanes.halted(campaign.campaign_id)
        standing = (campaign.state, *(halt.reason for halt in halted))
        shown = await watch.progress(turn, campaign)
        ref = await turn.tx.outbox.slot(turn.officer.contact_id, slot=watch.slot(campaign)) if turn.can.edits else None
        self._note(campaign, text=shown.text, standing=standing)
        if before and (before.text == shown.text if turn.can.edits else before.standing == standing):
            return []
        return [replace(shown, edits=ref or "")]

    async def _ended(self, turn: Turn, campaign: Campaign, *, told: str) -> list[Reply]:
        gone = _to_note(campaign, told=told) == GONE
        if campaign.plan.in_digest and campaign.state == CampaignState.FINISHED and not gone:
            return [await self._in_digest(turn, campaign)]
        last = [] if gone else await self._last(turn, campaign)
        return [*last, await report.make(turn, campaign.campaign_id)]

    async def _in_digest(self, turn: Turn, campaign: Campaign) -> Reply:
        """It sends nothing of its own, so there is neither progress nor an end to tell: what the order said holds from now on."""
        self._shown.pop(campaign.campaign_id, None)
        ref = await turn.tx.outbox.slot(turn.officer.contact_id, slot=watch.slot(campaign)) if turn.can.edits else None
        settled = await report.in_digest(turn, campaign.campaign_id)
        return replace(settled, edits=ref or "", slot=watch.slot(campaign))

    async def _last(self, turn: Turn, campaign: Campaign) -> list[Reply]:
        """The progress message says that it is over, and loses its buttons; the report alone says so where it cannot be changed."""
        self._shown.pop(campaign.campaign_id, None)
        if not turn.can.edits:
            return []
        ref = await turn.tx.outbox.slot(turn.officer.contact_id, slot=watch.slot(campaign))
        tally = campaign.tally
        key = "campaign.progress_cancelled" if campaign.state == CampaignState.CANCELLED else "campaign.progress_done"
        last = turn.reply(key, done=tally.sent, total=tally.meant)
        return [replace(last, edits=ref or "", slot=watch.slot(campaign))]

    def _note(self, campaign: Campaign, *, text: str, standing: tuple[str, ...] = ()) -> None:
        self._shown[campaign.campaign_id] = _Shown(at=self.now(), text=text, standing=standing)


async def _row(tx: Transaction, campaign_id: CampaignId) -> tuple[Campaign, str, int] | None:
    return next((row for row in await tx.watching.to_tell() if row[0].campaign_id == campaign_id), None)


async def _whom(tx: Transaction, campaign: Campaign) -> Officer | None:
    """Who ordered it; where that office has ended, who is on duty there."""
    officer = await tx.officers.get(campaign.created_by)
    if officer:
        return officer
    return next(iter(await tx.officers.on_duty(action=Action.SEND, unit_id=campaign.unit_id)), None)


async def _address(tx: Transaction, officer: Officer | None) -> Address | None:
    return await tx.officers.address_of(officer.contact_id) if officer else None


async def _interrupted(turn: Turn, campaign: Campaign) -> list[Reply]:
    """Only a restart is told while the campaign goes on; single lost answers stand in the report."""
    count, at = await turn.tx.watching.interrupted(campaign.campaign_id)
    if not count:
        return []
    return [turn.reply("campaign.interrupted", report.unknown_buttons(turn, campaign), count=count, at=at or turn.now)]


def _needs_a_word(campaign: Campaign) -> bool:
    """What an officer is told in a message of its own while it is not over."""
    return bool(campaign.halt_reason) or _moment(campaign) == WAVE_WENT


def _moment(campaign: Campaign) -> str:
    """What is remembered as told: the state, or what is between two states."""
    if campaign.state == CampaignState.RUNNING and campaign.wave and campaign.wave.opens_at:
        return WAVE_WENT
    held = campaign.state == CampaignState.PAUSED and campaign.started_at is None
    return _NOT_BEGUN if held else campaign.state


def _to_note(campaign: Campaign, *, told: str) -> str:
    """After this is told. Whose end was told before is told of the digest that has gone since."""
    return GONE if campaign.state == told == CampaignState.FINISHED else _moment(campaign)


async def _word(turn: Turn, campaign: Campaign) -> Reply:
    if campaign.halt_reason:
        return _missed(turn, campaign) if campaign.started_at is None else await _halted(turn, campaign)
    number = campaign.campaign_id
    tally = await turn.tx.waves.tally(number)
    return turn.reply(
        "plan.wave",
        watch.steering(turn, campaign),
        size=tally.attempts,
        title=campaign.content.title,
        sent=tally.sent,
        blocked=tally.blocked,
        failed=tally.failed,
        unknown=tally.unknown,
        rest=campaign.tally.left,
        opens_at=campaign.wave.opens_at if campaign.wave else turn.now,
    )


def _missed(turn: Turn, campaign: Campaign) -> Reply:
    """Its hour passed, or it expired, before anything left."""
    asked = campaign.state == CampaignState.PAUSED
    again = [[turn.button("plan.another_hour", FLOW, "later", campaign.campaign_id)]]
    return turn.reply(
        "plan.missed" if asked else f"plan.dropped_{campaign.halt_reason}",
        watch.steering(turn, campaign) if asked else again,
        title=campaign.content.title,
        starts_at=campaign.not_before or turn.now,
        expires_at=campaign.plan.expires_at,
    )


async def _fault(turn: Turn, campaign: Campaign) -> str:
    """What the messenger found wrong with the message; with several, what most people's was."""
    found = await turn.tx.ledger_reports.reasons(campaign.campaign_id, states=(DeliveryState.FAILED,))
    people = {code: count for (_, code), count in found.items() if code not in LEFT}
    return why(turn, max(people, key=people.__getitem__)) if people else ""


async def _halted(turn: Turn, campaign: Campaign) -> Reply:
    """With the ways on: the progress stands far above by now, or cannot be changed at all."""
    return turn.reply(
        "campaign.halted",
        watch.steering(turn, campaign),
        why=why(turn, campaign.halt_reason),
        fault=await _fault(turn, campaign) if campaign.halt_reason in {WRONG_MESSAGE, OUR_FAULT} else "",
        wrong=campaign.halt_reason == WRONG_MESSAGE,
        unclear=campaign.tally.unknown,
        repeats=campaign.halt_reason == NO_ANSWER and campaign.on_unknown == OnUnknown.RATHER_REPEAT,
        title=campaign.content.title,
        done=campaign.tally.done,
        total=campaign.tally.meant,
    )


def _to_officer(turn: Turn, campaign: Campaign, messages: list[Reply]) -> Replies:
    """While she watches this campaign the buttons may be typed as numbers; in another conversation they must not get in the way."""
    if watch.watches(turn, campaign):
        if campaign.state in ENDED:
            turn.close()  # nobody is in the middle of what is over
        return Replies(messages=tuple(messages))
    return Replies(notices=tuple(Notice(contact_id=turn.officer.contact_id, reply=reply) for reply in messages))
