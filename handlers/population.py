"""Numbers of young people, entered by an admin as a workbook: the template goes out, comes back filled in, and is confirmed."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from content.readers.population import read_population
from handlers.buttons import Press
from handlers.files import FileTaker, file_elsewhere
from handlers.menu import unknown_button
from handlers.turn import Flow, Labels, Turn, rows
from outreach.clock import local_day
from outreach.messaging import AttachmentKind, OutgoingFile, Replies, Reply
from outreach.officers import Action, check_act
from outreach.reach.denominators import enter_denominators
from outreach.reach.entered import EnteredTable, RowProblem, match_units
from outreach.reach.model import Denominator
from outreach.units import UnitId
from outreach.wishes import Fetched

NAME = "den"
FILE_KIND = "denominator_template"

_FILE, _READING, _CONFIRM = "file", "reading", "confirm"
_SHOWN = 10  # problems in one message


def _check(turn: Turn) -> None:
    check_act(turn.officer, action=Action.SET_DENOMINATORS)


def _back(turn: Turn) -> Labels:
    return [[turn.button("population.back", "cov", "page", 0)]]


async def _template(turn: Turn) -> Replies:
    if not turn.can.files:  # it could not come back
        return await _enter(turn)
    year = turn.world.pack.main_period.begun(local_day(turn.now), most=1)[0].last_on.year
    name = f"{turn.label('population.file_name')}-{year}.xlsx"
    arguments = {"year": str(year), "officer": str(turn.officer.officer_id), "language": turn.language}
    file = OutgoingFile(name=name, kind=FILE_KIND, arguments=arguments)
    turn.goto(NAME, _FILE, data={})
    return Replies(messages=(Reply(text=turn.say("population.template", year=year), file=file),))


async def _enter(turn: Turn) -> Replies:
    if not turn.can.files:
        turn.leave(NAME)
        told = file_elsewhere(turn.world, turn.label("population.file_name"))
        return Replies(messages=(Reply(text=told, buttons=rows(_back(turn))),))
    turn.goto(NAME, _FILE, data={})
    return turn.answer("population.ask", [[turn.button("population.get_template", NAME, "template")], *_back(turn)])


async def _answer(turn: Turn) -> Replies:
    """The workbook, which is fetched after the commit; whatever else comes is told what is wanted."""
    _check(turn)
    step = turn.dialogue.step if turn.dialogue else _FILE
    file = next((one for one in turn.incoming.attachments if one.kind == AttachmentKind.FILE), None)
    if file is None:
        return await _resume(turn)
    await turn.tx.wishes.put(
        turn.officer.contact_id,
        account_id=turn.incoming.address.account_id,
        flow=NAME,
        ref=file.ref,
        name=file.name,
        at=turn.now,
    )
    turn.goto(NAME, _READING, data={})
    return turn.answer("population.reading_again" if step == _READING else "population.reading")


async def _resume(turn: Turn) -> Replies:
    if turn.dialogue and turn.dialogue.step == _READING:
        return turn.answer("population.reading", _back(turn))
    rows = _kept(turn)
    return _summary(turn, rows) if rows else await _enter(turn)


# After the file was read


async def _read(turn: Turn, fetched: Fetched) -> Replies:
    """All rows are taken or none: with any problem the officer gets the list, and what stood before stays."""
    if turn.known.officer is None or turn.dialogue is None or turn.dialogue.flow != NAME:
        return Replies()  # she has gone on to something else, or her role has ended
    _check(turn)
    turn.goto(NAME, _FILE, data={})
    if not isinstance(fetched.read, EnteredTable):
        key = f"population.fault_{fetched.fault}"
        known = turn.world.catalog.has(key)
        return turn.answer(key if known else "population.fault_unreadable", _back(turn))
    province = turn.unit_label(None)
    rows, problems = match_units(fetched.read, units=turn.world.units, province=province, today=local_day(turn.now))
    if problems:
        return _refused(turn, problems)
    turn.goto(NAME, _CONFIRM, data={"rows": _packed(rows)})
    return _summary(turn, rows)


def _refused(turn: Turn, problems: Sequence[RowProblem]) -> Replies:
    lines = problem_lines(turn, problems[:_SHOWN])
    return turn.answer(
        "population.problems", _back(turn), lines=lines, count=len(problems), more=len(problems) - len(lines)
    )


def problem_lines(turn: Turn, problems: Sequence[RowProblem]) -> list[str]:
    return [turn.label(f"population.row_{one.fault}", line=one.line, value=one.value) for one in problems]


def _summary(turn: Turn, rows: Sequence[Denominator]) -> Replies:
    whole = turn.world.units.province_id
    units = [row for row in rows if row.unit_id != whole]
    provinces = [{"year": row.year, "count": row.count} for row in rows if row.unit_id == whole]
    years = sorted({row.year for row in rows})
    buttons = [[turn.button("population.write", NAME, "write"), turn.button("population.drop", NAME, "drop")]]
    return turn.answer(
        "population.summary",
        buttons,
        units=len(units),
        all=len(turn.world.units.rows),
        total=sum(row.count for row in units),
        provinces=provinces,
        years=", ".join(str(year) for year in years),
        sources=list(dict.fromkeys(row.source for row in rows))[:3],
    )


def _packed(rows: Sequence[Denominator]) -> str:
    return json.dumps([asdict(row) | {"dated_on": row.dated_on.isoformat()} for row in rows], ensure_ascii=False)


def _kept(turn: Turn) -> list[Denominator]:
    """The rows that wait for the officer's word."""
    dialogue = turn.dialogue
    if dialogue is None or dialogue.flow != NAME or dialogue.step != _CONFIRM:
        return []
    return [
        Denominator(
            unit_id=UnitId(row["unit_id"]),
            year=row["year"],
            count=row["count"],
            source=row["source"],
            dated_on=date.fromisoformat(row["dated_on"]),
        )
        for row in json.loads(dialogue.data["rows"])
    ]


async def _write(turn: Turn) -> Replies:
    rows = _kept(turn)
    if not rows:
        return turn.answer("population.nothing_waits", _back(turn))
    await enter_denominators(turn.officer, turn.tx, rows=rows, at=turn.now)
    turn.close()
    return turn.answer("population.written", _back(turn), count=len(rows))


async def _drop(turn: Turn) -> Replies:
    await turn.tx.wishes.drop(turn.officer.contact_id)
    turn.close()
    return turn.answer("population.dropped", _back(turn))


_STEPS = {"template": _template, "enter": _enter, "write": _write, "drop": _drop}


async def _pressed(turn: Turn, press: Press) -> Replies:
    _check(turn)
    return await _STEPS.get(press.step, unknown_button)(turn)


POPULATION = Flow(name=NAME, answer=_answer, pressed=_pressed, resume=_resume, officers_only=True)
FILES = FileTaker(flow=NAME, read=read_population, go_on=_read)
