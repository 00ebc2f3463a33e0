"""What channels say of a campaign's messages afterwards: that they lie on the phone, and that they were looked at."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from functools import partial

from outreach.campaigns.model import UNCLEAR
from outreach.campaigns.ports.receipts import Proof
from outreach.clock import local_day
from outreach.messaging import CampaignId, Receipt
from outreach.officers import Actor, check_system
from outreach.pack import Pack
from outreach.reach.evidence import TOLD
from outreach.reach.model import Tier
from outreach.transaction import Transaction, Transactions, begun_again


async def record_receipts(
    actor: Actor, *, transactions: Transactions, receipts: Sequence[Receipt], pack: Pack
) -> list[Receipt]:
    """Effects: the deliveries' times, counters, unknown ones become sent, evidence of content that counts.

    Gives those that came before the answer to their message was written: to be handed in again a little later. Receipts of
    replies cost one look.
    """
    check_system(actor)
    if not receipts:
        return []
    async with transactions.read() as tx:
        proofs, early = await tx.receipts.match(receipts)
    if proofs:
        await begun_again(partial(_note, transactions, proofs, pack=pack))
    return early


async def _note(transactions: Transactions, proofs: Sequence[Proof], *, pack: Pack) -> None:
    async with transactions.write() as tx:
        await _record(tx, await tx.receipts.note(proofs), pack=pack)


async def _record(tx: Transaction, proofs: Sequence[Proof], *, pack: Pack) -> None:
    """Evidence lies in the periods of the day on which the message was accepted: a receipt raises it, and adds nobody to a later
    period. Whoever has stopped since leaves no more of it.
    """
    people: dict[tuple[CampaignId, date, Tier], list[Proof]] = defaultdict(list)
    for proof in proofs:
        if not proof.counts:
            continue
        place = proof.campaign_id, local_day(proof.sent_at)
        if proof.state in UNCLEAR:
            people[*place, Tier.ACCEPTED].append(proof)
        for kind in proof.kinds if proof.subscribed else ():
            people[*place, TOLD[kind]].append(proof)
    for (campaign_id, day, tier), proven in sorted(people.items()):
        new = await tx.reach.record(
            [proof.contact_id for proof in proven],
            tier=tier,
            periods=await tx.reach.ensure_periods(pack.periods_on(day)),
            youth=pack.ages.youth,
            campaign_id=campaign_id,
            turns=1 if tier == Tier.ACCEPTED else 0,
            at=max(proof.sent_at if tier == Tier.ACCEPTED else max(proof.kinds.values()) for proof in proven),
            tell_new=tier == Tier.ACCEPTED,
        )
        if new:
            await tx.ledger.count_first_time(campaign_id, people=new)
