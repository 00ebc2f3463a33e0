"""Handing in: the code, the message to forward, and who else hears of it."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from handlers.menu import with_keyboard
from handlers.nominations.start import consent_of
from handlers.nominations.words import NAME, Scene, consent_self
from handlers.turn import Turn
from outreach.contacts.model import Purpose
from outreach.messaging import ContactId, Notice, Replies, Reply
from outreach.nominations.form import UNIT
from outreach.nominations.model import Nomination, NominationState, NomineeConsent
from outreach.nominations.writing import Sending, send


async def hand_in(scene: Scene, draft: Nomination) -> Replies:
    turn = scene.turn
    digest = hashlib.sha256(consent_self(turn).encode()).hexdigest()
    sending = await send(
        turn.known.actor,
        turn.tx,
        draft=draft,
        form=scene.form,
        prefix=turn.world.pack.nomination_prefix,
        unit_id=turn.world.units.id_of(scene.state.answers[UNIT]),
        known=turn.known,
        consent=consent_of(turn, Purpose.NOMINEE, digest=digest),
        at=turn.now,
    )
    turn.close()
    return Replies(messages=_told(turn, sending), notices=_heard(turn, sending))


def _told(turn: Turn, sending: Sending) -> tuple[Reply, ...]:
    """The code, and where a yes is needed the message to forward, which stands alone so that it can be."""
    sent = sending.nomination
    then = [
        [turn.button("nominate.another", NAME, "begin")],
        [turn.button("nominate.mine", "hoso", "list")],
    ]
    if sent.expires_at is None:
        return (with_keyboard(turn, "nominate.sent", code=sent.code), turn.reply("nominate.next", then))
    if sent.state == NominationState.INVITED:
        return (turn.reply("nominate.invited", then, until=sent.expires_at), forward(turn, sent))
    first = turn.reply("nominate.sent", then, code=sent.code)
    both = f"{first.text}\n\n{turn.say('nominate.sent_yes', until=sent.expires_at)}"
    return (replace(first, text=both), forward(turn, sent))


def forward(turn: Turn, nomination: Nomination) -> Reply:
    """The message that the nominator passes on; it says nothing about the nominee. It sets her own keyboard, which does not travel with it.

    Where there is none, nothing may take its place: buttons and numbered lines would travel.
    """
    key, values = (
        "nominate.forward",
        {
            "name": turn.world.pack.organisation.name.of(turn.language),
            "code": nomination.link_code,
            **turn.world.ways_in(f"dc_{nomination.link_code}"),
        },
    )
    return with_keyboard(turn, key, **values) if turn.can.keyboard else Reply(text=turn.say(key, **values))


def _heard(turn: Turn, sending: Sending) -> tuple[Notice, ...]:
    """The officers on duty, and a nominee who has said yes before the details were written."""
    sent = sending.nomination
    notices = officer_notices(turn, sent, sending.officers, waits=sent.expires_at is not None)
    if sent.nominee_id is None or sent.consent != NomineeConsent.GIVEN:
        return notices
    see = [[turn.button("nominate.nominee_see", "nominee", "mine", sent.nomination_id)]]
    return (*notices, turn.notice(sent.nominee_id, "nominate.nominee_ready", see, code=sent.code))


def officer_notices(
    turn: Turn, nomination: Nomination, officers: Sequence[ContactId], *, waits: bool
) -> tuple[Notice, ...]:
    see = [[turn.button("nominate.officer_see", "review", "show", nomination.nomination_id)]]
    return tuple(
        turn.notice(
            contact_id,
            "nominate.officer_new",
            see,
            code=nomination.code,
            field=turn.world.pack.field(nomination.field).name.of(turn.language),
            unit=turn.unit_label(nomination.unit_id),
            waits=waits,
        )
        for contact_id in officers
    )
