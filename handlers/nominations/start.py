"""Coming in: an unfinished nomination first, and the consent before the first question of all."""

import hashlib

from handlers.buttons import Press
from handlers.nominations.drafts import answered, newest_draft, reopen, scene_of
from handlers.nominations.words import NAME, Scene, call_of, form_for
from handlers.turn import Turn
from outreach.contacts.model import Consent, Purpose
from outreach.messaging import ContactId, Replies, Reply
from outreach.nominations.form import asked, resumed
from outreach.nominations.model import Nomination
from outreach.nominations.writing import agree_to_nominate, has_agreed, start_draft

INTRO = "intro"
LINK = "decu_"
_HASH_SHOWN = 16


async def run(turn: Turn) -> Replies:
    """/decu, the keyboard, plain words."""
    return await begin(turn)


async def from_link(turn: Turn) -> Replies:
    """decu_<call>: a poster or a post of one call."""
    return await begin(turn, call_code=turn.incoming.payload.removeprefix(LINK))


async def begin(turn: Turn, *, call_code: str = "") -> Replies:
    """What is unfinished comes first; the consent is asked before the first question of all."""
    call = call_of(turn.world.pack, call_code, turn=turn)
    if call is None:
        return turn.answer("nominate.no_call")
    contact_id = turn.contact_id
    if contact_id is None:
        return introduce(turn, call_code=call.code)
    draft = await newest_draft(turn)
    if draft:
        return _ask_which(turn, draft)
    if not await has_agreed(turn.known.actor, turn.tx, contact_id=contact_id):
        return introduce(turn, call_code=call.code)
    replies = await _begin_draft(turn, contact_id, call_code=call.code)
    if call_code and call.code != call_code:
        closed = turn.reply("nominate.call_closed", call=call.name.of(turn.language))
        return Replies(messages=(closed, *replies.messages))
    return replies


def _intro_text(turn: Turn) -> tuple[str, str]:
    """The text of the consent as it is shown, and its SHA-256."""
    pack = turn.world.pack
    text = turn.say("nominate.intro", name=pack.organisation.name.of(turn.language), age=pack.ages.subscriber_min)
    return text, hashlib.sha256(text.encode()).hexdigest()


def introduce(turn: Turn, *, call_code: str) -> Replies:
    turn.goto(NAME, INTRO, data={"call": call_code})
    if not turn.source:
        turn.source = f"{LINK}{call_code}"
    text, digest = _intro_text(turn)
    made = [
        [turn.button("nominate.start", NAME, "start", f"{digest[:_HASH_SHOWN]}.{call_code}")],
        [turn.button("nominate.young", NAME, "young"), turn.button("nominate.not_now", NAME, "leave")],
    ]
    return Replies(messages=(Reply(text=text, buttons=tuple(tuple(row) for row in made)),))


def _ask_which(turn: Turn, draft: Nomination) -> Replies:
    scene = scene_of(turn, draft)
    questions = asked(scene.form, scene.state.answers)
    answered = sum(question.code in scene.state.answers for question in questions)
    choices = [[turn.button("nominate.go_on", NAME, "show"), turn.button("nominate.fresh", NAME, "fresh")]]
    return turn.answer("nominate.draft_open", choices, answered=answered, total=len(questions))


async def agree(turn: Turn, press: Press) -> Replies:
    """The tap on the introduction. The proof holds the hash of the very text: when the words have changed, they are shown again."""
    _, digest = _intro_text(turn)
    shown, _, call_code = press.arg.partition(".")
    call = call_of(turn.world.pack, call_code, turn=turn)
    if call is None:
        return turn.answer("nominate.no_call")
    if shown != digest[:_HASH_SHOWN]:
        return introduce(turn, call_code=call.code)
    draft = await newest_draft(turn) if turn.contact_id else None
    if draft:
        return await reopen(turn, draft)
    consent = consent_of(turn, Purpose.NOMINATE, digest=digest)
    contact = await agree_to_nominate(
        turn.known.actor, turn.tx, known=turn.known, source=turn.source, consent=consent, at=turn.now
    )
    turn.now_is(contact)
    return await _begin_draft(turn, contact.contact_id, call_code=call.code)


def consent_of(turn: Turn, purpose: Purpose, *, digest: str) -> Consent:
    return Consent(
        purpose=purpose,
        text_version=turn.label("nominate.consent_version"),
        text_hash=digest,
        given_at=turn.now,
        channel=turn.incoming.channel,
        message_ref=turn.incoming.message_ref,
    )


async def _begin_draft(turn: Turn, contact_id: ContactId, *, call_code: str) -> Replies:
    nomination_id = await start_draft(turn.known.actor, turn.tx, contact_id=contact_id, call=call_code, at=turn.now)
    form = form_for(turn, call_code)
    return answered(Scene(turn=turn, form=form, state=resumed(form, answers={})), nomination_id)
