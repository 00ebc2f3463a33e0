"""Hỏi cán bộ: a person's one question goes to the officers on duty, the first answer comes back."""

from handlers.buttons import Press
from handlers.fallback import fallback
from handlers.menu import told_with_keyboard, with_keyboard
from handlers.turn import Command, Flow, Labels, Turn
from handlers.words import said
from outreach.clock import VIETNAM
from outreach.contacts import asking
from outreach.errors import InvalidAnswerError
from outreach.messaging import Button, ContactId, Notice, Replies, Reply
from outreach.questions import Question, QuestionId

NAME = "ask"
_LISTED = 5
_PREVIEW = 160  # characters of a question in a list


async def run(turn: Turn) -> Replies:
    """Officers see what waits for them; everybody else may ask."""
    if turn.known.officer:
        return await _waiting_list(turn)
    contact = turn.known.contact
    if contact is None:
        return turn.answer("ask.stranger", (), **_office(turn))
    open_one = await asking.waiting(turn.known.actor, turn.tx, contact_id=contact.contact_id)
    if open_one:
        more = [[turn.button("ask.another", NAME, "new")], [turn.button("ask.leave", NAME, "leave")]]
        return turn.answer("ask.waiting", more, asked_at=open_one.asked_at, **_office(turn))
    return _begin(turn)


def _begin(turn: Turn) -> Replies:
    turn.goto(NAME, "type")
    return turn.answer("ask.type", _way_out(turn), **_office(turn))


def _way_out(turn: Turn) -> Labels:
    return [[turn.button("ask.leave", NAME, "leave")]]


def _office(turn: Turn) -> dict[str, object]:
    """Who answers, by what number, when, and whether the office is open now."""
    pack = turn.world.pack
    hours = pack.office_hours
    spans = ", ".join(f"{span.first:%H:%M}–{span.last:%H:%M}" for span in hours.spans)
    days = [turn.label(f"ask.day_{day}") for day in sorted(hours.days)]
    consecutive = len(days) > 1 and list(hours.days) == list(range(hours.days[0], hours.days[-1] + 1))
    return {
        "name": pack.organisation.name.of(turn.language),
        "hotline": pack.hotline,
        "days": f"{days[0]}–{days[-1]}" if consecutive else ", ".join(days),
        "hours": spans,
        "open_now": hours.covers(turn.now.astimezone(VIETNAM)),
    }


# The person's side


async def _asked(turn: Turn) -> Replies:
    """Keep the question, tell the officers, tell her when to expect an answer."""
    asked = await asking.ask(turn.known.actor, turn.tx, contact=turn.contact, text=turn.incoming.text, at=turn.now)
    turn.close()
    notices = tuple(
        _to_officer(turn, officer.contact_id, question_id=asked.question_id, text=asked.text)
        for officer in asked.on_duty
    )
    masked = asked.text != turn.incoming.text.strip()
    told = with_keyboard(turn, "ask.passed_on", nobody=not notices, masked=masked, **_office(turn))
    return Replies(messages=(told,), notices=notices)


def _to_officer(turn: Turn, to: ContactId, *, question_id: QuestionId, text: str) -> Notice:
    """In Vietnamese: the language of the office, whatever the asker's."""
    catalog = turn.world.catalog
    button = turn.button("ask.reply", NAME, "reply", question_id)
    button = Button(label=catalog.label("ask.reply"), payload=button.payload)
    unit = turn.unit_label(turn.contact.unit_id) if turn.contact.unit_id else ""
    return Notice(
        contact_id=to, reply=Reply(text=catalog.say("ask.notice", text=text, unit=unit), buttons=((button,),))
    )


# The officer's side


async def _waiting_list(turn: Turn) -> Replies:
    found = await asking.open_questions(turn.officer, turn.tx, limit=_LISTED)
    if not found:
        return Replies(messages=(with_keyboard(turn, "ask.none_open"),))
    turn.goto(NAME, "list")
    rows = [[turn.button("ask.reply_to", NAME, "reply", q.question_id, number=n)] for n, q in enumerate(found, 1)]
    lines = [{"text": _cut(q.text), "at": q.asked_at} for q in found]
    return turn.answer("ask.open", rows, lines=lines)


def _cut(text: str) -> str:
    return text if len(text) <= _PREVIEW else f"{text[: _PREVIEW - 1]}…"


async def _reply(turn: Turn, press: Press) -> Replies:
    """An officer wants to answer this one; whoever comes second is told."""
    question = await asking.look_at(turn.officer, turn.tx, question_id=QuestionId(press.number))
    if question.answered_at:
        return turn.answer("ask.answered_before", answered_at=question.answered_at)
    turn.goto(NAME, "reply", subject_id=question.question_id)
    return turn.answer("ask.type_reply", _way_out(turn), text=question.text)


async def _replied(turn: Turn) -> Replies:
    subject = turn.dialogue.subject_id if turn.dialogue else None
    question_id = QuestionId(subject or 0)
    question = await asking.answer(turn.officer, turn.tx, question_id=question_id, text=turn.incoming.text, at=turn.now)
    turn.close()
    if question is None:
        seen = await asking.look_at(turn.officer, turn.tx, question_id=question_id)
        return turn.answer("ask.answered_before", answered_at=seen.answered_at)
    return Replies(messages=(with_keyboard(turn, "ask.reply_sent"),), notices=(await _to_person(turn, question),))


async def _to_person(turn: Turn, question: Question) -> Notice:
    asker = await turn.tx.contacts.get(question.contact_id)
    language = asker.language if asker else "vi"
    pack = turn.world.pack
    text = turn.world.catalog.say(
        "ask.answer",
        language=language,
        name=pack.organisation.name.of(language),
        question=_cut(question.text),
        answer=turn.incoming.text.strip(),
    )
    return Notice(contact_id=question.contact_id, reply=Reply(text=text))


# The flow


async def _answer(turn: Turn) -> Replies:
    step = turn.dialogue.step if turn.dialogue else ""
    run = {"type": _asked, "reply": _replied}.get(step)
    if run is None:
        return await fallback(turn)
    if not turn.incoming.text.strip():
        return turn.answer("ask.words_only", _way_out(turn))
    if said(turn, "ask.later_words") or (step == "type" and said(turn, "ask.no_question_words")):
        return _leave(turn)
    if step == "type" and said(turn, "menu.thanks_words"):
        turn.close()
        return told_with_keyboard(turn, "menu.thanks")
    try:
        return await run(turn)
    except InvalidAnswerError as refusal:
        return turn.answer(f"reason.{refusal.code}", _way_out(turn), **refusal.data)


def _leave(turn: Turn) -> Replies:
    turn.close()
    return told_with_keyboard(turn, "ask.left")


async def _pressed(turn: Turn, press: Press) -> Replies:
    if press.step == "reply":
        return await _reply(turn, press)
    if press.step == "new" and turn.known.contact and not turn.known.officer:
        return _begin(turn)
    if press.step == "leave":
        return _leave(turn)
    return await run(turn)


async def _resume(turn: Turn) -> Replies:
    dialogue = turn.dialogue
    if dialogue and dialogue.step == "reply" and turn.known.officer:
        return await _reply(turn, Press(flow=NAME, step="reply", arg=str(dialogue.subject_id or 0)))
    return _begin(turn) if dialogue and dialogue.step == "type" else await run(turn)


ASK = Flow(name=NAME, answer=_answer, pressed=_pressed, resume=_resume)
HOI = Command(name="hoi", run=run)
