"""What the clock and the fetching of evidence tell a nominator, in words. Rendered outside any turn, in Vietnamese."""

from handlers.buttons import payload
from handlers.nominations.words import NAME
from handlers.turn import World
from outreach.evidence import Evidence
from outreach.messaging import Button, Reply
from outreach.nominations.jobs import ClockNotice, Told


def clock_notice(world: World, notice: ClockNotice) -> Reply:
    """The words of `outreach.nominations.jobs`: the one reminder, and that nobody said yes in time."""
    if notice.told is Told.REMINDER:
        open_it = _button(world, "nominate.go_on", "open", notice.data["nomination_id"])
        give_up = _button(world, "nominate.cancel", "cancel")
        return Reply(text=world.catalog.say("nominate.reminder"), buttons=((open_it, give_up),))
    days = world.pack.nomination.consent_days
    text = world.catalog.say("nominate.lapsed", code=notice.data["code"], days=days)
    return Reply(text=text, buttons=((_button(world, "nominate.another", "begin"),),))


def refused_piece(world: World, piece: Evidence, *, handed_in: bool) -> Reply:
    """Why a piece of evidence was not taken and what to do; `tell` of `outreach.evidence.fetch_evidence`.

    To a nomination that was handed in nothing can be added here.
    """
    if handed_in:
        why = world.catalog.label(f"nominate.refused_sent.{piece.reason}")
        return Reply(text=world.catalog.say("nominate.file_refused_sent", why=why, hotline=world.pack.hotline))
    why = world.catalog.label(f"nominate.refused.{piece.reason}")
    key = "nominate.file_refused" if piece.nomination_id is not None else "declare.paper_refused"
    return Reply(text=world.catalog.say(key, why=why))


def _button(world: World, key: str, step: str, arg: str = "") -> Button:
    return Button(label=world.catalog.label(key), payload=payload(NAME, step, arg))
