"""/hoso: what I wrote and what is about me, with states in plain words; taking back; the message to forward once more."""

from dataclasses import replace

from handlers.buttons import Press, payload
from handlers.nominations.about_me import on_mine
from handlers.nominations.sending import forward
from handlers.nominations.words import NAME as NOMINATE
from handlers.nominations.words import Scene, form_for, lines
from handlers.turn import Command, Flow, Labels, Turn
from outreach.errors import NotFoundError
from outreach.messaging import Button, Replies
from outreach.nominations.form import resumed
from outreach.nominations.model import OPEN, Nomination, NominationId, NominationState, NomineeConsent
from outreach.nominations.nominee import NOMINEE
from outreach.nominations.writing import history, list_own, take_back

NAME = "hoso"
_PAGE = 8


async def run(turn: Turn) -> Replies:
    return await _list(turn, first=0)


async def _all(turn: Turn) -> list[Nomination]:
    if turn.contact_id is None:
        return []
    return await list_own(turn.known.actor, turn.tx, contact_id=turn.contact_id)


async def _list(turn: Turn, *, first: int) -> Replies:
    found = await _all(turn)
    if not found:
        return turn.answer("hoso.none", [[turn.button("hoso.begin", NOMINATE, "begin")]])
    page = found[first : first + _PAGE] or found[:_PAGE]
    rows = [[Button(label=_name(turn, one), payload=payload(NAME, "one", one.nomination_id))] for one in page]
    if len(found) > first + _PAGE:
        rows.append([turn.button("hoso.more", NAME, "list", first + _PAGE)])
    rows.append([turn.button("hoso.begin", NOMINATE, "begin")])
    shown = [{"name": _name(turn, one), "state": _state(turn, one)} for one in page]
    return turn.answer("hoso.list", rows, lines=shown)


def _field(turn: Turn, one: Nomination) -> str:
    code = one.field or one.answers.get("field", "")
    return turn.world.pack.field(code).name.of(turn.language) if code else ""


def _name(turn: Turn, one: Nomination) -> str:
    name = turn.label("hoso.name", code=one.code, field=_field(turn, one), on=one.sent_at or one.created_at)
    return turn.label("hoso.about_me", name=name) if _about_me(turn, one) else name


def _about_me(turn: Turn, one: Nomination) -> bool:
    return one.nominator_id != turn.contact_id


def _waits(one: Nomination) -> bool:
    return not one.for_self and one.consent != NomineeConsent.GIVEN and one.expires_at is not None


def _state(turn: Turn, one: Nomination) -> str:
    waits = one.state == NominationState.NEW and _waits(one)
    return turn.label(f"hoso.state.{'waits' if waits else one.state.value}", until=one.expires_at or turn.now)


async def _one(turn: Turn, one: Nomination) -> Replies:
    """What may be shown of it: a nominee who has not agreed is not named, for a refusal must look like silence."""
    form = form_for(turn, one.call)
    scene = Scene(turn=turn, form=form, state=resumed(form, answers=one.answers, pieces=one.pieces))
    shown = lines(scene) if one.revealed or one.state == NominationState.DRAFT else []
    said = [event for event in await history(turn.known.actor, turn.tx, nomination=one) if event.word]
    return turn.answer(
        "hoso.one",
        _ways(turn, one),
        name=_name(turn, one),
        state=_state(turn, one),
        lines=shown,
        word=said[-1].word if said else "",
        word_at=said[-1].at if said else turn.now,
    )


def _ways(turn: Turn, one: Nomination) -> Labels:
    rows = []
    if one.state == NominationState.DRAFT:
        rows.append([turn.button("hoso.write_on", NOMINATE, "open", one.nomination_id)])
    if one.state in OPEN and _waits(one) and one.link_code:
        rows.append([turn.button("hoso.link_again", NAME, "link", one.nomination_id)])
    if one.state in OPEN:
        rows.append([turn.button("hoso.take_back", NAME, "back", one.nomination_id)])
    return [*rows, [turn.button("hoso.back", NAME, "list")]]


async def pressed(turn: Turn, press: Press) -> Replies:
    if press.step == "list":
        return await _list(turn, first=press.number)
    one = next((one for one in await _all(turn) if one.nomination_id == press.number), None)
    if one is None:
        raise NotFoundError
    if _about_me(turn, one):
        return await on_mine(turn, Press(flow=NOMINEE, step="mine", arg=press.arg))
    if press.step == "link" and _waits(one) and one.link_code:
        return Replies(messages=(forward(turn, one),))
    if press.step == "back" and one.state in OPEN:
        sure = turn.button("hoso.take_back_yes", NAME, "gone", one.nomination_id)
        keep = turn.button("hoso.take_back_no", NAME, "one", press.arg)
        return turn.answer("hoso.take_back_sure", [[sure, keep]], me=one.for_self)
    return await (_take_back if press.step == "gone" and one.state in OPEN else _one)(turn, one)


async def _take_back(turn: Turn, one: Nomination) -> Replies:
    before = await take_back(turn.known.actor, turn.tx, nomination_id=NominationId(one.nomination_id), at=turn.now)
    told = turn.answer("hoso.taken_back", [[turn.button("hoso.back", NAME, "list")]])
    if before.nominee_id is None or before.consent != NomineeConsent.GIVEN:
        return told
    return replace(told, notices=(turn.notice(before.nominee_id, "hoso.heard_taken_back", code=before.code),))


async def answer(turn: Turn) -> Replies:
    return await run(turn)


FLOW = Flow(name=NAME, answer=answer, pressed=pressed, resume=run)
HOSO = Command(name="hoso", run=run)
