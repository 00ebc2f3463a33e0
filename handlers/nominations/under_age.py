"""The yes to "you are under 16?" in a nomination about herself: it is deleted at once, and she with it where nothing else keeps her."""

from handlers.buttons import Press
from handlers.nominations.drafts import is_draft_of, nothing_open
from handlers.pages import stranger_buttons
from handlers.turn import Turn
from outreach.errors import NotFoundError
from outreach.messaging import Button, Notice, Replies
from outreach.nominations.form import SELF, WHO
from outreach.nominations.model import Nomination, NominationId
from outreach.nominations.under_age import drop_about_me, drop_own
from outreach.nominations.writing import own


async def drop_mine(turn: Turn, press: Press) -> Replies:
    """Who nominates herself; `arg` is the draft. Of an old button whose draft is gone or was sent meanwhile nothing follows."""
    number = int(press.arg) if press.arg.isdecimal() else 0
    try:
        draft = await own(turn.known.actor, turn.tx, nomination_id=NominationId(number))
    except NotFoundError:
        return nothing_open(turn)
    if not is_draft_of(turn, draft) or draft.answers.get(WHO) != SELF:
        return nothing_open(turn)
    gone = await drop_own(
        turn.known.actor, turn.tx, draft=draft, contact=turn.contact, officer=turn.known.officer, at=turn.now
    )
    return _told(turn, "nominate.nominator_young" if gone else "nominate.young_kept", gone=gone)


async def drop_nominee(turn: Turn, nomination: Nomination) -> Replies:
    """A nominee who had said yes. The nominator hears what he hears of every yes that is taken back, not why."""
    before, gone = await drop_about_me(
        turn.known.actor,
        turn.tx,
        nomination_id=nomination.nomination_id,
        contact=turn.contact,
        officer=turn.known.officer,
        at=turn.now,
    )
    told: tuple[Notice, ...] = ()
    if before.nominator_id is not None:
        told = (turn.notice(before.nominator_id, "nominee.heard_taken_back", code=before.code),)
    return _told(turn, "nominee.too_young" if gone else "nominee.too_young_kept", gone=gone, notices=told)


def _told(turn: Turn, key: str, *, gone: bool, notices: tuple[Notice, ...] = ()) -> Replies:
    turn.close()
    age = turn.world.pack.ages.subscriber_min
    erase: list[list[Button]] = [[turn.button("join.erase", "pro", "erase")]]
    reply = turn.reply(key, stranger_buttons(turn, of_age=False) if gone else erase, age=age)
    return Replies(messages=(reply,), notices=notices, forget=gone)
