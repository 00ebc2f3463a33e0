"""Độ phủ (script C): the table of the officer's units, and the report of a period: a paragraph to paste, a workbook, what is left out."""

from content.reports.coverage import Wording
from handlers.broadcast import to_all
from handlers.buttons import Press
from handlers.menu import unknown_button
from handlers.turn import Command, Flow, Labels, Turn
from outreach.clock import local_day
from outreach.messaging import Button, OutgoingFile, Replies, Reply
from outreach.officers import Action, check_act, may_act
from outreach.periods import Period, find_period
from outreach.reach.coverage import count_coverage
from outreach.reach.model import Coverage, CoverageRow, Tier
from outreach.reach.rules import is_range, lowest_first, missing, needed, share, share_low
from outreach.transaction import Transaction

NAME = "cov"
FILE_KIND = "coverage_xlsx"

_PAGE = 12
_WHOLE = 100  # per cent
_NOW, _HALVES, _BEFORE = "now", "halves", "before"


async def _count(turn: Turn, period: Period) -> Coverage:
    """Raises PermissionDeniedError for whoever may not see it; a commune's officer counts her unit alone."""
    officer, units = turn.officer, turn.world.units
    check_act(officer, action=Action.SEE_COVERAGE, unit_id=officer.unit_id)

    async def look(tx: Transaction) -> Coverage:
        return await count_coverage(
            officer,
            reach=tx.reach,
            denominators=tx.denominators,
            period=period,
            unit_ids=[unit_id for unit_id, _ in units.communes],
            province_id=units.province_id,
            elsewhere_id=units.elsewhere_id,
            at=turn.now,
            scope=officer.unit_id,
        )

    return await turn.look(f"coverage:{period.code}", look)


def _wording(turn: Turn) -> Wording:
    world = turn.world
    return Wording(catalog=world.catalog, pack=world.pack, units=world.units, language=turn.language)


# The table


async def start(turn: Turn) -> Replies:
    """Looking at figures ends no other conversation: what was open stays open."""
    return await _table(turn, page=0)


async def _table(turn: Turn, *, page: int) -> Replies:
    """The current main period: the whole on top, then the units, the lowest first."""
    rule = turn.world.pack.main_period
    period = rule.begun(local_day(turn.now), most=1)[0]
    coverage = await _count(turn, period)
    words = _wording(turn)
    units = lowest_first(coverage.units) if turn.officer.unit_id is None else []
    lines = [_line(row, words) for row in units[page * _PAGE :][:_PAGE]]
    text = turn.say(
        "coverage.table",
        name=period.name.of(turn.language),
        first=period.first_on,
        last=period.last_on,
        at=turn.now,
        target=turn.world.pack.informed.target,
        total=_line(coverage.province, words),
        verdict=words.verdict(coverage.province),
        ranged=is_range(coverage.province),
        declared=coverage.province.declared_turns,
        documented=coverage.province.declared_documented,
        lines=lines,
    )
    more = [_page(turn, "coverage.newer", page - 1)] if page else []
    if len(units) > (page + 1) * _PAGE:
        more.append(_page(turn, "coverage.older", page + 1))
    text += await to_all(turn, period)
    return Replies(messages=(Reply(text=text, buttons=_rows([more, *_actions(turn)])),))


def _page(turn: Turn, key: str, page: int) -> Button:
    return turn.button(key, NAME, "page", page)


def _rows(rows: Labels) -> tuple[tuple[Button, ...], ...]:
    return tuple(tuple(row) for row in rows if row)


def _actions(turn: Turn) -> Labels:
    rows = [[turn.button("coverage.report", NAME, "periods", _NOW)]]
    if may_act(turn.officer, action=Action.SET_DENOMINATORS) is None:
        rows.append(
            [turn.button("coverage.template", "den", "template"), turn.button("coverage.enter", "den", "enter")]
        )
    return rows


def _line(row: CoverageRow, words: Wording) -> dict[str, object]:
    percent = share(row)
    return {
        "place": words.place(row),
        "reached": row.reached,
        "low": row.reached_low,
        "percent_low": share_low(row),
        "whole": row.denominator.count if row.denominator else None,
        "percent": percent,
        "over": percent is not None and percent > _WHOLE,
        "declared": row.declared_turns,
    }


# The report


async def _periods(turn: Turn, press: Press) -> Replies:
    """Which period: the current years first, half-years and earlier ones behind a button each."""
    which = press.arg if press.arg in {_HALVES, _BEFORE} else _NOW
    today = local_day(turn.now)
    shown: list[Period] = []
    for rule in turn.world.pack.periods:
        begun = rule.begun(today, most=2)
        if which == _BEFORE:
            shown += begun[1:]
        elif rule.is_part == (which == _HALVES):
            shown += begun[:1]
    rows = [[_period(turn, period)] for period in sorted(shown, key=lambda period: period.last_on, reverse=True)]
    if which == _NOW:
        rows.append([turn.button(f"coverage.{other}", NAME, "periods", other) for other in (_HALVES, _BEFORE)])
    rows.append([turn.button("coverage.back", NAME, "page", 0)])
    return turn.answer("coverage.which_period", rows)


def _period(turn: Turn, period: Period) -> Button:
    return turn.button(
        "coverage.period",
        NAME,
        "report",
        period.code,
        name=period.name.of(turn.language),
        first=period.first_on,
        last=period.last_on,
    )


async def _report(turn: Turn, press: Press) -> Replies:
    period = find_period(turn.world.pack.periods, code=press.arg)
    if period is None or period.first_on > local_day(turn.now):
        return await unknown_button(turn)
    coverage = await _count(turn, period)
    unit_id = turn.officer.unit_id
    code = turn.world.units.codes[unit_id] if unit_id is not None else ""
    file = OutgoingFile(
        name=f"{turn.label('coverage.file_name')}-{'-'.join(part for part in (period.code, code) if part)}.xlsx",
        kind=FILE_KIND,
        arguments={"period": period.code, "officer": str(turn.officer.officer_id), "language": turn.language},
    )
    caption = turn.say("coverage.file", name=period.name.of(turn.language))
    buttons = [
        [turn.button("coverage.other_period", NAME, "periods", _NOW)],
        [turn.button("coverage.back", NAME, "page", 0)],
    ]
    return Replies(
        messages=(
            Reply(text=paragraph(turn, coverage)),
            Reply(text=caption, file=file),
            Reply(text=_left_out(turn, coverage) + await to_all(turn, period), buttons=_rows(buttons)),
        )
    )


def paragraph(turn: Turn, coverage: Coverage) -> str:
    """The sentences to paste into a report."""
    row, period = coverage.province, coverage.period
    percent = share(row)
    return turn.say(
        "coverage.paragraph",
        unit=turn.unit_label(row.unit_id) if row.unit_id is not None else "",
        first=period.first_on,
        last=period.last_on,
        ended=local_day(coverage.counted_at) > period.last_on,
        at=coverage.counted_at,
        reached=row.reached,
        low=row.reached_low,
        percent=percent,
        percent_low=share_low(row),
        over=percent is not None and percent > _WHOLE,
        whole=row.denominator.count if row.denominator else None,
        source=row.denominator.source if row.denominator else "",
        dated=row.denominator.dated_on if row.denominator else None,
        year=period.last_on.year,
        declared=row.declared_turns,
        documented=row.declared_documented,
    )


def _left_out(turn: Turn, coverage: Coverage) -> str:
    """What the paragraph does not say, and what "informed" means in it."""
    row, pack = coverage.province, turn.world.pack
    target = pack.informed.target
    return turn.say(
        "coverage.left_out",
        target=target,
        needed=needed(target, whole=row.denominator.count) if row.denominator else None,
        missing=missing(row, target=target),
        first=pack.ages.youth.first,
        last=pack.ages.youth.last,
        other_age=row.other_age,
        unknown_age=row.unknown_age,
        province=row.unit_id is None,
        elsewhere=coverage.elsewhere,
        doubles=row.reached - row.reached_low,
        turns=row.turns,
        read=row.tiers.get(Tier.READ, 0),
        opened=row.tiers.get(Tier.OPENED, 0) + row.tiers.get(Tier.READ, 0),
    )


async def _pressed(turn: Turn, press: Press) -> Replies:
    if press.step == "page":
        return await _table(turn, page=press.number)
    if press.step == "periods":
        return await _periods(turn, press)
    return await (_report(turn, press) if press.step == "report" else unknown_button(turn))


COVERAGE = Flow(name=NAME, answer=start, pressed=_pressed, resume=start, officers_only=True)
DOPHO = Command(name="dopho", run=start, officers_only=True)
