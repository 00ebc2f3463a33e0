"""A warning before the order: nearly the same was sent lately, or anything to nearly the same people."""

from datetime import datetime

from handlers.send.steps import FLOW
from handlers.turn import Turn
from outreach.campaigns.doubles import Double, double_of
from outreach.campaigns.estimate import Outlook
from outreach.campaigns.model import ENDED, Campaign
from outreach.clock import local_day
from outreach.messaging import Replies
from outreach.officers import Action, may_act
from outreach.reach.rules import tenths_of_percent
from outreach.transaction import Transaction


async def find(turn: Turn, campaign: Campaign, *, outlook: Outlook, not_before: datetime | None) -> Replies | None:
    """The warning, with the hour that was asked in its button; None where there is nothing to warn of."""
    officer, pack, people = turn.officer, turn.world.pack, outlook.preview.will_get

    async def look(tx: Transaction) -> Double | None:
        return await double_of(officer, tx=tx, campaign=campaign, people=people, pack=pack, at=outlook.starts_at)

    found = await turn.look(f"double:{campaign.campaign_id}:{not_before}", look)
    return _warning(turn, campaign, found, people=people, not_before=not_before) if found else None


def _warning(turn: Turn, campaign: Campaign, found: Double, *, people: int, not_before: datetime | None) -> Replies:
    number, other = campaign.campaign_id, found.campaign
    at = found.at
    seconds = int(not_before.timestamp()) if not_before else 0
    seen = may_act(turn.officer, action=Action.SEND, unit_id=other.unit_id) is None
    step = "report" if other.state in ENDED else "status"
    look = [turn.button("approval.double.look", FLOW, step, other.campaign_id)] if seen else []
    buttons = [
        [turn.button("approval.double.anyway", FLOW, "anyway", f"{number}-{seconds}")],
        [*look, turn.button("approval.double.back", FLOW, "check", number)],
    ]
    return turn.answer(
        "approval.double.alike" if found.alike else "approval.double.same_people",
        buttons,
        title=other.content.title,
        recalled=other.recall_after is not None,
        sent=found.sent,
        people=people,
        had=found.had,
        about=found.about,
        share=tenths_of_percent(found.had, whole=people),
        at=at,
        day=turn.label("approval.double.day", at=at, days=(local_day(turn.now) - local_day(at)).days),
    )
