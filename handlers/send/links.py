"""Buttons under a campaign that lead straight to pages of others."""

from urllib.parse import urlsplit

from handlers.buttons import Press
from handlers.send.extras import way
from handlers.send.steps import FLOW, draft
from handlers.turn import Turn
from outreach.campaigns.extras import MOST_LINKS, set_links
from outreach.campaigns.model import Campaign, Link
from outreach.messaging import Replies

STEP = "links"


async def ask(turn: Turn, press: Press | None = None) -> Replies:
    return _show(turn, await draft(turn, press))


def _show(turn: Turn, campaign: Campaign) -> Replies:
    number = campaign.campaign_id
    turn.goto(FLOW, STEP, subject_id=number)
    none = [way(turn, "no_links", "nolinks", number)] if campaign.content.links else []
    back = way(turn, "back", "extras", number)
    return turn.answer("media.type_links", [[*none, back]], links=campaign.content.links, most=MOST_LINKS)


async def take(turn: Turn) -> Replies:
    """One button a line: "name | address", or the address alone. Raises InvalidAnswerError."""
    campaign = await draft(turn)
    lines = [line.strip() for line in turn.incoming.text.splitlines() if line.strip()]
    if not lines:
        turn.misunderstood()
        return _show(turn, campaign)
    links = (*campaign.content.links, *(_link(turn, line) for line in lines))
    return _show(turn, await set_links(turn.officer, tx=turn.tx, campaign=campaign, links=links))


def _link(turn: Turn, line: str) -> Link:
    label, bar, url = line.rpartition("|")
    url = url.strip()
    return Link(label=label.strip() if bar else turn.label("media.link_name", place=_place(url)), url=url)


def _place(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


async def drop(turn: Turn, press: Press) -> Replies:
    campaign = await draft(turn, press)
    return _show(turn, await set_links(turn.officer, tx=turn.tx, campaign=campaign, links=()))
