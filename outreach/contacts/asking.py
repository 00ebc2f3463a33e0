"""One question to the officers on duty, one answer back."""

from dataclasses import dataclass
from datetime import datetime

from outreach.contacts.model import Contact
from outreach.errors import InvalidAnswerError, NotFoundError
from outreach.messaging import ContactId
from outreach.officers import Action, Actor, Officer, check_act, check_self
from outreach.questions import Question, QuestionId
from outreach.text import mask_numbers
from outreach.transaction import Transaction

SHORTEST = 5
LONGEST = 1_000  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`on_duty` may be empty: the question waits for the next officer."""

    question_id: QuestionId
    text: str
    on_duty: tuple[Officer, ...]


async def ask(actor: Actor, tx: Transaction, *, contact: Contact, text: str, at: datetime) -> Asked:
    """Keep the question, long numbers masked. Raise InvalidAnswerError "question_length" outside 5 to 1,000 characters.

    It goes to the officers of her unit, or the province's; never back to herself.
    """
    check_self(actor, contact_id=contact.contact_id)
    words = mask_numbers(text.strip())
    if not SHORTEST <= len(words) <= LONGEST:
        raise InvalidAnswerError("question_length", shortest=SHORTEST, longest=LONGEST)
    question_id = await tx.questions.ask(contact.contact_id, unit_id=contact.unit_id, text=words, at=at)
    on_duty = await tx.officers.on_duty(action=Action.ANSWER, unit_id=contact.unit_id)
    others = tuple(officer for officer in on_duty if officer.contact_id != contact.contact_id)
    return Asked(question_id=question_id, text=words, on_duty=others)


async def waiting(actor: Actor, tx: Transaction, *, contact_id: ContactId) -> Question | None:
    """Her newest question without an answer."""
    check_self(actor, contact_id=contact_id)
    return await tx.questions.open_for(contact_id)


async def look_at(actor: Actor, tx: Transaction, *, question_id: QuestionId) -> Question:
    """For an officer who may answer it, answered or not. Raise NotFoundError, also when the asker has deleted everything."""
    question = await tx.questions.get(question_id)
    if question is None:
        raise NotFoundError
    check_act(actor, action=Action.ANSWER, unit_id=question.unit_id)
    return question


async def answer(
    actor: Officer, tx: Transaction, *, question_id: QuestionId, text: str, at: datetime
) -> Question | None:
    """Keep the one answer; None when somebody else was first. Raise InvalidAnswerError "question_length" for one too short or long."""
    question = await look_at(actor, tx, question_id=question_id)
    words = text.strip()
    if not 1 <= len(words) <= LONGEST:
        raise InvalidAnswerError("question_length", shortest=1, longest=LONGEST)
    if not await tx.questions.answer(question_id, by=actor.officer_id, text=words, at=at):
        return None
    await tx.audit.record(actor, at=at, action="question.answer", subject=f"question:{question_id}")
    return question


async def open_questions(actor: Officer, tx: Transaction, *, limit: int) -> list[Question]:
    """Oldest first: those of the officer's unit, or of the whole province."""
    check_act(actor, action=Action.ANSWER, unit_id=actor.unit_id)
    return await tx.questions.list_open(unit_id=actor.unit_id, limit=limit)
