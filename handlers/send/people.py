"""A campaign person by person: a number and a commune, whether it came, when, or why not and what to do; and the same as a file."""

from collections.abc import Mapping

from content.reports.campaign_rows import CSV, XLSX, OutcomeWords
from handlers.buttons import Press
from handlers.send.steps import FLOW, subject
from handlers.turn import Labels, Turn
from outreach.campaigns.control import campaign_for
from outreach.campaigns.fates import GOT, Fate, fate_of, fates_of
from outreach.campaigns.find import campaign_people
from outreach.campaigns.model import Campaign, CampaignKind
from outreach.campaigns.ports.listing import NumberedRow
from outreach.messaging import Button, CampaignId, OutgoingFile, Replies, Reply
from outreach.transaction import Transaction

ROWS = "campaign_rows"  # the kind of file that bot/outcomes.py makes
_PAGE = 8


def _number(turn: Turn, digits: str) -> CampaignId:
    press = Press(flow=FLOW, step="", arg=digits)
    return CampaignId(press.number) if press.number else subject(turn) or CampaignId(0)


def _asked(turn: Turn, press: Press) -> tuple[CampaignId, Fate, str]:
    """The argument "12-failed-8": of which campaign, whom, and from where on or in which form."""
    number, _, rest = press.arg.partition("-")
    fate, _, more = rest.partition("-")
    return _number(turn, number), Fate(fate) if fate in set(Fate) else Fate.ALL, more


async def which(turn: Turn, press: Press) -> Replies:
    """Only groups in which there is somebody."""
    campaign = await campaign_for(turn.officer, tx=turn.tx, campaign_id=_number(turn, press.arg))
    number = campaign.campaign_id
    fates = await _fates(turn, campaign)
    buttons = [
        [Button(label=_name(turn, fate, fates=fates), payload=f"{FLOW}:people:{number}-{fate.value}-0")]
        for fate in fates
    ]
    back = [turn.button("campaign.see_report", FLOW, "report", number)]
    return turn.answer("campaigns.people_which", [*buttons, back], title=campaign.content.title)


async def _fates(turn: Turn, campaign: Campaign) -> dict[Fate, int]:
    async def look(tx: Transaction) -> int:
        return await tx.digests.told(campaign.campaign_id)

    some = campaign.kind == CampaignKind.NEWS and campaign.tally.skipped
    return fates_of(campaign, by_digest=await turn.look(f"told:{campaign.campaign_id}", look) if some else 0)


def _name(turn: Turn, fate: Fate, *, fates: Mapping[Fate, int]) -> str:
    return turn.label(f"campaigns.fate_{fate.value}", count=fates.get(fate, 0), unclear=Fate.UNKNOWN in fates)


async def page(turn: Turn, press: Press) -> Replies:
    number, fate, more = _asked(turn, press)
    offset = Press(flow=FLOW, step="", arg=more).number
    officer = turn.officer
    campaign = await campaign_for(officer, tx=turn.tx, campaign_id=number)  # a refusal must not come from the look
    fates = await _fates(turn, campaign)
    count = fates.get(fate, 0)

    async def look(tx: Transaction) -> list[NumberedRow]:
        return await campaign_people(officer, tx=tx, campaign_id=number, fate=fate, offset=offset, limit=_PAGE)

    found = await turn.look(f"people:{press.arg}", look)
    groups = [turn.button("campaigns.other_group", FLOW, "fates", number)]
    if not found:
        return turn.answer("campaigns.nobody", [groups])
    digest = turn.world.pack.sending.digest is not None
    words = OutcomeWords(turn.world.catalog, language=turn.language).of(campaign, at=turn.now, digest=digest)
    return turn.answer(
        "campaigns.people_page",
        [*_turning(turn, number, fate, offset=offset, count=count), groups],
        fate=_name(turn, fate, fates=fates),
        count=count,
        first=offset + 1,
        last=offset + len(found),
        lines=[_line(turn, one, words=words) for one in found],
    )


def _turning(turn: Turn, number: CampaignId, fate: Fate, *, offset: int, count: int) -> Labels:
    def to(key: str, start: int) -> Button:
        return turn.button(f"campaigns.{key}", FLOW, "people", f"{number}-{fate.value}-{start}")

    earlier = [to("earlier", max(0, offset - _PAGE))] if offset else []
    later = [to("later", offset + _PAGE)] if offset + _PAGE < count else []
    files = [turn.button(f"campaigns.{form}", FLOW, "file", f"{number}-{fate.value}-{form}") for form in (XLSX, CSV)]
    return [row for row in ([*earlier, *later], files) if row]


def _line(turn: Turn, one: NumberedRow, *, words: OutcomeWords) -> dict[str, object]:
    row = one.row
    return {
        "number": one.number,
        "unit": turn.unit_label(row.unit_id) if row.unit_id is not None else turn.label("campaign.no_unit"),
        "outcome": words.outcome(row.state, reason=row.reason),
        "why": words.why(row.reason),
        "next": "" if fate_of(row.state, reason=row.reason) in GOT else words.next_step(row.state, reason=row.reason),
        "at": row.at,
    }


async def file(turn: Turn, press: Press) -> Replies:
    """Made after the commit; whoever opens it is checked again there."""
    number, fate, form = _asked(turn, press)
    await campaign_for(turn.officer, tx=turn.tx, campaign_id=number)
    suffix = CSV if form == CSV else XLSX
    name = turn.label("campaigns.file_name", number=number, fate="" if fate == Fate.ALL else fate.value, suffix=suffix)
    arguments = {
        "campaign": str(number),
        "officer": str(turn.officer.officer_id),
        "language": turn.language,
        "fate": fate.value,
        "form": suffix,
    }
    made = OutgoingFile(name=name, kind=ROWS, arguments=arguments)
    return Replies(messages=(Reply(text=turn.say("campaign.file_caption"), file=made),))
