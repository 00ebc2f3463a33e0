"""A message as people will read it, before anybody does: filled in for somebody of the audience, on each channel, and whether it fits."""

from collections.abc import Iterable
from dataclasses import replace

from content.placeholders import has_any
from content.render import CampaignRenderer
from handlers.send import channels
from handlers.send.steps import FLOW
from handlers.turn import Door, Turn
from outreach.campaigns.approval import example_contacts
from outreach.campaigns.estimate import Outlook
from outreach.campaigns.fates import Fate
from outreach.campaigns.find import campaign_people
from outreach.campaigns.model import Campaign
from outreach.contacts.model import Contact
from outreach.messaging import ContactId, Reply
from outreach.transaction import Transaction
from outreach.units import UnitId

_LOOKED_AT = 25  # of those who have got it, until one is of a unit


async def examples(turn: Turn, campaign: Campaign, *, outlook: Outlook) -> list[Contact]:
    """A few of those who would get it; looked up outside the turn's transaction, because it may go over many."""
    officer, pack, at, most = turn.officer, turn.world.pack, outlook.starts_at, outlook.preview.will_get

    async def look(tx: Transaction) -> list[ContactId]:
        return await example_contacts(officer, tx=tx, campaign=campaign, people=most, pack=pack, at=at)

    ids = await turn.look(f"examples:{campaign.campaign_id}:{at.date()}", look)
    return [person for one in ids if (person := await turn.tx.contacts.get(one))]


def is_filled_in(campaign: Campaign) -> bool:
    """Whether each reader's own unit stands in the words."""
    return has_any((campaign.content.title, *campaign.content.paragraphs))


async def reader(turn: Turn, campaign: Campaign, *, outlook: Outlook) -> Contact:
    """The officer, in the place of one who would get it where that makes a difference; with nobody there, in her own unit."""
    if not is_filled_in(campaign):
        return turn.contact
    found = await examples(turn, campaign, outlook=outlook) if outlook.preview.will_get else []
    return _in_place_of(turn, [one.unit_id for one in found])


async def reader_of_sent(turn: Turn, campaign: Campaign) -> Contact:
    """The same for one who has got it."""
    if not is_filled_in(campaign):
        return turn.contact
    number = campaign.campaign_id
    found = await campaign_people(
        turn.officer, tx=turn.tx, campaign_id=number, fate=Fate.SENT, offset=0, limit=_LOOKED_AT
    )
    return _in_place_of(turn, [one.row.unit_id for one in found])


def _in_place_of(turn: Turn, units: Iterable[UnitId | None]) -> Contact:
    own = turn.officer.unit_id or turn.contact.unit_id
    return replace(turn.contact, unit_id=next(filter(None, units), own))


def read_in(turn: Turn, campaign: Campaign, *, contact: Contact) -> str:
    """For which unit the words are filled in as they are shown; nothing where they are the same for everybody."""
    if not is_filled_in(campaign):
        return ""
    unit = turn.unit_label(contact.unit_id) if contact.unit_id is not None else ""
    return turn.label("campaign.filled_in", unit=unit)


def as_it_looks(turn: Turn, campaign: Campaign, *, contact: Contact) -> Reply:
    """The message as people on this channel get it; its buttons only say that this is a preview, but for those that open a page.

    Where there are none it shows the codes, for the numbers are those of the last look below it.
    """
    reply = _rendered(turn, campaign, contact=contact, door=turn.world.door(turn.incoming.channel))
    sample = f"{FLOW}:sample:{campaign.campaign_id}"
    rows = tuple(
        tuple(shown if shown.url else replace(shown, payload=sample) for shown in row) for row in reply.buttons
    )
    return replace(reply, buttons=rows)


def _rendered(turn: Turn, campaign: Campaign, *, contact: Contact, door: Door) -> Reply:
    renderer = CampaignRenderer(turn.world.catalog, units=turn.world.units)
    return renderer.render_campaign(campaign, contact=contact, capabilities=door.capabilities)


def looks_elsewhere(turn: Turn, campaign: Campaign, *, contact: Contact) -> tuple[Reply, ...]:
    """Where another channel's people get other words, or not all that goes with them: those words under its name."""
    here = turn.world.door(turn.incoming.channel)
    own = _rendered(turn, campaign, contact=contact, door=here)
    told = []
    for door in turn.world.doors:
        other = _rendered(turn, campaign, contact=contact, door=door)
        if (other.text, other.media, other.copy_of) != (own.text, own.media, own.copy_of):
            head = turn.say("media.looks_on", name=channels.name(turn, door.channel), count=len(other.media))
            told.append(Reply(text=f"{head}\n\n{other.text}", silent=True))
    return tuple(told)


def as_a_test(turn: Turn, shown: Reply) -> tuple[Reply, ...]:
    """The same message with a mark; what is passed on as it is has the mark above it."""
    mark = turn.say("campaign.test_mark")
    if shown.copy_of:
        return (Reply(text=mark), shown)
    return (replace(shown, text=f"{mark}\n\n{shown.text}"),)


def too_long(turn: Turn, campaign: Campaign, *, outlook: Outlook) -> list[str]:
    """On which channels that somebody gets it on the message is over one message for whoever gets the longest, and by how much."""
    renderer = CampaignRenderer(turn.world.catalog, units=turn.world.units)
    used = {one.account_id for one in outlook.preview.channels if one.will_get}
    over = [
        (door.channel, renderer.too_long(campaign, contact=turn.contact, capabilities=door.capabilities))
        for door in turn.world.doors
        if door.account_id in used and not (campaign.content.copy_of and door.capabilities.copies)
    ]
    return [
        turn.label("media.too_long", name=channels.name(turn, channel), over=count) for channel, count in over if count
    ]
