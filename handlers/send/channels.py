"""What an order does on each channel, in lines of the last look, the progress and the report; only where there is more than one
way, or one that costs, closes or ends.
"""

from collections.abc import Mapping, Sequence

from handlers.send.steps import why, window_days
from handlers.turn import Door, Turn, World
from outreach.campaigns.estimate import Outlook
from outreach.campaigns.model import Campaign
from outreach.campaigns.ports.ledger import ChannelPreview
from outreach.campaigns.ports.ledger_reports import ChannelTally
from outreach.messaging import AccountId, ChannelName

Line = Mapping[str, object]


def _worth_saying(world: World) -> bool:
    return len(world.doors) > 1 or any(door.capabilities.windowed or door.monthly for door in world.doors)


def name(turn: Turn, channel: ChannelName) -> str:
    return turn.label(f"campaign.channel.{channel.value}")


def lasts(turn: Turn, minutes: int) -> str:
    """3 giờ 20 phút."""
    return turn.label("campaign.lasts", minutes=minutes)


def _doors(turn: Turn) -> dict[AccountId, Door]:
    return {door.account_id: door for door in turn.world.doors} if _worth_saying(turn.world) else {}


def in_advance(turn: Turn, outlook: Outlook) -> list[Line]:
    doors = _doors(turn)
    return [
        _in_advance(turn, channel, door=doors[channel.account_id], minutes=outlook.by_channel.get(channel.account_id))
        for channel in outlook.preview.channels
        if channel.account_id in doors and (channel.will_get or channel.closed)
    ]


def _in_advance(turn: Turn, channel: ChannelPreview, *, door: Door, minutes: int | None) -> Line:
    return {
        "name": name(turn, channel.channel),
        "windowed": door.capabilities.windowed,
        "free": channel.free,
        "paid": channel.paid,
        "vnd": channel.vnd,
        "closed": channel.closed,
        "days": window_days(turn),
        "lasts": lasts(turn, minutes) if minutes else "",
        "left": max(0, door.monthly - channel.used) if door.monthly else None,
    }


def afterwards(turn: Turn, tallies: Sequence[ChannelTally]) -> list[Line]:
    doors = _doors(turn)
    return [
        {
            "name": name(turn, tally.channel),
            "sent": tally.sent,
            "receipts": doors[tally.account_id].capabilities.receipts,
            "received": tally.received,
            "seen": tally.seen,
            "waits": tally.waits,
        }
        for tally in tallies
        if tally.account_id in doors and (tally.sent or tally.waits)
    ]


async def halted(turn: Turn, campaign: Campaign) -> list[Line]:
    """The channels that stand still, with the reason."""
    halts = await turn.tx.lanes.halted(campaign.campaign_id)
    return [{"name": name(turn, halt.channel), "why": why(turn, halt.reason)} for halt in halts]
