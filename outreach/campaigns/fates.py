"""What became of people, as officers ask for it."""

from enum import StrEnum

from outreach.campaigns.model import IN_DIGEST, RECALLED, UNCLEAR, Campaign, DeliveryState


class Fate(StrEnum):
    """What became of people, as officers ask for it. SENT, DIGEST and MISSED are everybody, and so are SENT and those that follow it."""

    ALL = "all"
    MISSED = "missed"  # whoever has not surely got it
    SENT = "sent"  # accepted by the channel
    DIGEST = "digest"  # she has got it as a line of a digest
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"
    PENDING = "pending"
    RECALLED = "recalled"


GOT = frozenset({Fate.SENT, Fate.DIGEST})


def fate_of(state: DeliveryState, *, reason: str) -> Fate | None:
    """None for a row that another leg of the same person has taken over. `reason` as the ledger is read."""
    if state == DeliveryState.REPLACED:
        return None
    if state == DeliveryState.SENT:
        return Fate.RECALLED if reason == RECALLED else Fate.SENT
    if state == DeliveryState.SKIPPED and reason == IN_DIGEST:
        return Fate.DIGEST
    if state in UNCLEAR:
        return Fate.UNKNOWN
    return Fate.PENDING if state == DeliveryState.IN_FLIGHT else Fate(state.value)


def fates_of(campaign: Campaign, *, by_digest: int) -> dict[Fate, int]:
    """How many people met which fate, by the campaign's own counters; those that nobody met are left out.

    `by_digest`: so many have got it in a digest.
    """
    tally = campaign.tally
    sent = tally.sent - campaign.recalled
    everybody = tally.total - tally.replaced
    counts = {
        Fate.ALL: everybody,
        Fate.MISSED: everybody - sent - by_digest,
        Fate.SENT: sent,
        Fate.DIGEST: by_digest,
        Fate.FAILED: tally.failed,
        Fate.SKIPPED: tally.skipped - by_digest,
        Fate.UNKNOWN: tally.unknown + tally.sent_assumed,
        Fate.PENDING: tally.left,
        Fate.RECALLED: campaign.recalled,
    }
    return {fate: people for fate, people in counts.items() if people}


def is_among(fate: Fate | None, wanted: Fate) -> bool:
    if wanted == Fate.MISSED:
        return fate is not None and fate not in GOT
    return fate is not None if wanted == Fate.ALL else fate == wanted
