"""The report of a campaign, and what an officer decides afterwards: send again, leave, look closer."""

from collections.abc import Sequence
from dataclasses import replace

from content.reports.campaign_rows import XLSX, OutcomeWords
from handlers.buttons import Press
from handlers.send import channels, people, question, recall, watch
from handlers.send.colleagues import composed, tell_composer
from handlers.send.steps import FLOW, button, digest_words, excluded_words, subject, why
from handlers.turn import Labels, Turn
from outreach.campaigns.control import campaign_for
from outreach.campaigns.digest import digest_to_come
from outreach.campaigns.fates import Fate
from outreach.campaigns.model import BY_DIGEST, ENDED, FOR_DIGEST, Campaign, CampaignState, DeliveryState
from outreach.campaigns.report import Report, campaign_by_unit, campaign_report, send_failed_again, settle_unknown
from outreach.campaigns.rules import may_go_on, may_send_rest
from outreach.messaging import CampaignId, Replies, Reply
from outreach.reach.rules import tenths_of_percent
from outreach.transaction import Transaction
from outreach.units import UnitId


def _number(turn: Turn, press: Press) -> CampaignId:
    return CampaignId(press.number) if press.number else subject(turn) or CampaignId(0)


async def _count(turn: Turn, campaign_id: CampaignId) -> Report:
    """Counted outside the turn's transaction, because it may go over everybody."""
    officer, world, at = turn.officer, turn.world, turn.now
    await campaign_for(officer, tx=turn.tx, campaign_id=campaign_id)  # a refusal must not come from the look

    async def look(tx: Transaction) -> Report:
        return await campaign_report(officer, tx=tx, campaign_id=campaign_id, pack=world.pack, units=world.units, at=at)

    return await turn.look(f"report:{campaign_id}", look)


async def make(turn: Turn, campaign_id: CampaignId) -> Reply:
    report = await _count(turn, campaign_id)
    told = _in_words(turn, report, halted=await channels.halted(turn, report.campaign))
    answers = await question.answers(turn, report.campaign)
    return replace(told, text=f"{told.text}\n\n{answers}") if answers else told


def _digest(turn: Turn, report: Report) -> str:
    """In place of an end, of news that has no message of its own."""
    people = report.by_digest + sum(report.skipped.get(code, 0) for code in BY_DIGEST)
    return digest_words(turn, report.campaign, people=people) if report.campaign.plan.in_digest else ""


async def in_digest(turn: Turn, campaign_id: CampaignId) -> Reply:
    """One sentence, said when its digest is made."""
    report = await _count(turn, campaign_id)
    ways = [[button(turn, "see_report", "report", campaign_id)]]
    return turn.reply("digest.settled", ways, digest=_digest(turn, report), title=report.campaign.content.title)


def _skipped(report: Report) -> dict[str, int]:
    """But for whom the heading tells of."""
    told = FOR_DIGEST if report.campaign.plan.in_digest else ""
    return {code: people for code, people in report.skipped.items() if code != told}


async def show(turn: Turn, press: Press) -> Replies:
    return Replies(messages=(await make(turn, _number(turn, press)),))


async def instead(turn: Turn, press: Press) -> Replies:
    """Back from a question that was asked under the report: what is typed next is no answer to it."""
    turn.close()
    return await show(turn, press)


def _in_words(turn: Turn, report: Report, *, halted: Sequence[channels.Line]) -> Reply:
    campaign, tally = report.campaign, report.campaign.tally
    standing = report.standing
    population = standing.row.denominator.count if standing and standing.row.denominator else 0
    reached = standing.row.reached if standing else 0
    return turn.reply(
        "campaign.report",
        _decisions(turn, report),
        title=campaign.content.title,
        corrects=report.corrects.content.title if report.corrects else "",
        cancelled=campaign.state == CampaignState.CANCELLED,
        running=campaign.state not in ENDED,
        ended_at=campaign.finished_at or turn.now,
        sent=tally.sent,
        left=report.left,
        failed=report.failed_in_all,
        failed_why=", ".join(why(turn, code) for code in sorted(report.failed)),
        skipped=excluded_words(
            turn,
            _skipped(report),
            digest_at=digest_to_come(campaign, hour=turn.world.pack.sending.digest, at=turn.now),
        ),
        digest=_digest(turn, report),
        by_digest=report.by_digest,
        waits=report.waits,
        channels=[] if campaign.plan.in_digest else channels.afterwards(turn, report.by_channel),
        halted=halted,
        charged=tally.charged,
        unknown=tally.unknown,
        assumed=tally.sent_assumed,
        pending=tally.pending + tally.in_flight,
        counts=report.counts,
        first_time=tally.first_time,
        recalled=campaign.recalled,
        edited=campaign.edited,
        alone=report.alone,
        edited_alone="; ".join(report.edited_alone),
        reached=reached,
        population=population,
        share=tenths_of_percent(reached, whole=population) if population else None,
        target=standing.target if standing else 0,
        needed=standing.needed if standing else None,
        missing=standing.missing if standing else None,
    )


def _decisions(turn: Turn, report: Report) -> Labels:
    campaign = report.campaign
    number = campaign.campaign_id
    alive = may_go_on(campaign, at=turn.now)
    unknown = unknown_buttons(turn, campaign, key="repeat_unknown") if campaign.tally.unknown else []
    again = [[button(turn, "again", "again", number, count=report.failed_in_all)]] if report.failed and alive else []
    files = [button(turn, "by_unit", "byunit", number), button(turn, "excel", "xlsx", number)]
    one_by_one = [turn.button("campaigns.people", FLOW, "fates", number)]
    rest = [[button(turn, "rest", "rest", number)]] if _wants_anew(turn, report) else []
    return [*unknown, *again, *rest, files, one_by_one, *recall.buttons(turn, report)]


def _wants_anew(turn: Turn, report: Report) -> bool:
    """Where the lines person by person tell of a new message, there is the way to it."""
    campaign = report.campaign
    if may_send_rest(campaign):
        return False
    digest = turn.world.pack.sending.digest is not None
    words = OutcomeWords(turn.world.catalog, language=turn.language).of(campaign, at=turn.now, digest=digest)
    missed = {DeliveryState.FAILED: report.failed, DeliveryState.SKIPPED: report.skipped}
    some = any(words.wants_anew(state, reason=code) for state, codes in missed.items() for code in codes)
    return some or campaign.tally.pending > 0  # of very many the clock gives up what was cancelled


def unknown_buttons(turn: Turn, campaign: Campaign, *, key: str = "repeat") -> Labels:
    """To what is over nothing can be added. `key` of the second button: in a report others are sent again too."""
    number = campaign.campaign_id
    leave = [button(turn, "leave", "leave", number)]
    if not may_go_on(campaign, at=turn.now):
        return [leave]
    return [leave, [button(turn, key, "repeat", number, count=campaign.tally.unknown)]]


async def again(turn: Turn, press: Press) -> Replies:
    number = _number(turn, press)
    people = await send_failed_again(turn.officer, tx=turn.tx, campaign_id=number, at=turn.now)
    return await _going_on(turn, number, "campaign.sending_again", people)


async def repeat(turn: Turn, press: Press) -> Replies:
    number = _number(turn, press)
    people = await settle_unknown(turn.officer, tx=turn.tx, campaign_id=number, repeat=True, at=turn.now)
    return await _going_on(turn, number, "campaign.repeating", people)


async def leave(turn: Turn, press: Press) -> Replies:
    number = _number(turn, press)
    people = await settle_unknown(turn.officer, tx=turn.tx, campaign_id=number, repeat=False, at=turn.now)
    campaign = await campaign_for(turn.officer, tx=turn.tx, campaign_id=number)
    ways = [[button(turn, "see_report", "report", number)]]
    told = await tell_composer(turn, campaign, "left", ways, count=people)
    return replace(turn.answer("campaign.left_as_is", ways, count=people), notices=told)


async def _going_on(turn: Turn, number: CampaignId, key: str, people: int) -> Replies:
    """A message of its own becomes the progress: the former one is far up by now."""
    campaign = await campaign_for(turn.officer, tx=turn.tx, campaign_id=number)
    turn.goto(FLOW, watch.STEP, subject_id=number, data={})
    slot, look = watch.slot(campaign), [[button(turn, "look", "status", number)]]
    reply = turn.reply(key, look, count=people, own=composed(turn, campaign))
    told = await tell_composer(turn, campaign, "again", look, slot=slot, count=people)
    return Replies(messages=(replace(reply, slot=slot),), notices=told)


async def by_unit(turn: Turn, press: Press) -> Replies:
    """Communes in the pack's order, then those outside; sent of meant."""
    number = _number(turn, press)
    officer = turn.officer
    await campaign_for(officer, tx=turn.tx, campaign_id=number)

    async def look(tx: Transaction) -> list[tuple[UnitId | None, int, int]]:
        return await campaign_by_unit(officer, tx=tx, campaign_id=number)

    found = await turn.look(f"units:{number}", look)
    order = {unit_id: place for place, (unit_id, _) in enumerate(turn.world.units.communes)}
    lines = [
        {
            "unit": turn.unit_label(unit_id) if unit_id is not None else turn.label("campaign.no_unit"),
            "sent": sent,
            "people": people,
        }
        for unit_id, sent, people in sorted(
            found, key=lambda row: order.get(row[0], len(order)) if row[0] else len(order) + 1
        )
    ]
    ways = [[button(turn, "excel", "xlsx", number), button(turn, "see_report", "report", number)]]
    return turn.answer("campaign.units_report", ways, lines=lines)


async def excel(turn: Turn, press: Press) -> Replies:
    """Everybody in one file."""
    return await people.file(turn, replace(press, arg=f"{_number(turn, press)}-{Fate.ALL}-{XLSX}"))
