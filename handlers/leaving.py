"""Resting, stopping, coming back, deleting everything. Stopping asks nothing where it is clear; deleting asks once."""

from datetime import timedelta

from handlers import join
from handlers.conversation import in_conversation
from handlers.fallback import ask_whether_to_stop, fallback, may_mean_stop
from handlers.menu import told_with_keyboard, with_keyboard
from handlers.not_joining import refuse, under_age_reply
from handlers.send import watch
from handlers.send.steps import FLOW as SEND
from handlers.turn import Command, Turn
from handlers.words import said
from outreach.contacts import profile
from outreach.contacts.model import Subscription
from outreach.messaging import IncomingKind, Replies

NAME = "pro"

_PROOF_KEPT = timedelta(days=365)
_LONGEST_WISH = 8  # words; a longer text is an answer, whatever it begins with


# Stopping


async def stop(turn: Turn, *, how: str) -> Replies:
    """Stop at once, and say both times: when the wish came and since when it holds. An open conversation stays open."""
    contact = turn.known.contact
    if contact is None or contact.subscription == Subscription.NONE:
        return told_with_keyboard(turn, "profile.nothing_to_stop")
    if contact.subscription == Subscription.STOPPED:
        return Replies(messages=(with_keyboard(turn, "profile.stopped_before"),))
    if not in_conversation(turn):
        turn.close()
    turn.now_is(await profile.stop(turn.known.actor, turn.tx, contact=contact, how=how, at=turn.now))
    asked_at = min(turn.incoming.sent_at, turn.now)
    return Replies(messages=(with_keyboard(turn, "profile.stopped", asked_at=asked_at, stopped_at=turn.now),))


async def _stop_by_word(turn: Turn) -> Replies:
    """In the middle of a conversation the words may mean either; a tap and /dung always mean the news."""
    clear = turn.incoming.kind == IncomingKind.BUTTON or turn.incoming.text.startswith("/")
    if _joins_unknown(turn):
        return await refuse(turn)
    return await stop(turn, how="word") if clear or not in_conversation(turn) else await _which(turn)


async def _stop_unclear(turn: Turn) -> Replies:
    """Two words that fold alike (stop, right): never taken for a stop, asked."""
    if in_conversation(turn):
        return await _which(turn)
    if not turn.subscribed:
        return await fallback(turn)
    return ask_whether_to_stop(turn)


async def _which(turn: Turn) -> Replies:
    """Whoever watches a campaign means that one: it would go on if only the conversation ended."""
    assert turn.dialogue is not None  # noqa: S101  (callers have looked)
    if (turn.dialogue.flow, turn.dialogue.step) == (SEND, watch.STEP):
        return await watch.halt(turn)
    if not turn.subscribed:
        return ask_halt(turn)
    what = turn.label(f"conversation.flow_{turn.dialogue.flow}")
    buttons = [
        [turn.button("profile.halt", NAME, "halt")],
        [turn.button("profile.stop", NAME, "stop", "word")],
        [turn.button("conversation.go_on", "conv", "go")],
    ]
    return turn.answer("profile.stop_which", buttons, what=what)


def ask_halt(turn: Turn) -> Replies:
    """Whether to leave the open conversation, where only that can be meant."""
    assert turn.dialogue is not None  # noqa: S101  (callers have looked)
    what = turn.label(f"conversation.flow_{turn.dialogue.flow}")
    buttons = [[turn.button("profile.halt", NAME, "halt")], [turn.button("conversation.go_on", "conv", "go")]]
    return turn.answer("profile.halt_ask", buttons, what=what)


async def wished_within(turn: Turn) -> Replies | None:
    """A short wish to stop or to have everything deleted, said in the middle of a conversation, is no answer to its question: asked."""
    words = len(turn.incoming.text.split())
    if turn.known.officer or not in_conversation(turn) or words > _LONGEST_WISH:
        return None  # an officer's short words may be what she writes to others
    if said(turn, "profile.erase_words"):
        return await ask_erase(turn) if turn.known.contact else await refuse(turn)
    if not may_mean_stop(turn):
        return None
    return await refuse(turn) if _joins_unknown(turn) else await _which(turn)


def _joins_unknown(turn: Turn) -> bool:
    """Before the consent there is nothing to stop but the joining itself."""
    return turn.known.contact is None and turn.known.draft is not None


async def halt(turn: Turn) -> Replies:
    """Leave the open conversation; what was answered in it is kept by the flow itself."""
    if _joins_unknown(turn):
        return await refuse(turn)
    turn.close()
    return Replies(messages=(with_keyboard(turn, "conversation.kept"),))


# Resting and coming back


async def rest(turn: Turn) -> Replies:
    contact = await profile.rest(turn.known.actor, turn.tx, contact=turn.contact, at=turn.now)
    turn.now_is(contact)
    back = [[turn.button("profile.resume", NAME, "resume")]]
    return turn.answer("profile.resting", back, until=contact.paused_until)


async def again(turn: Turn) -> Replies:
    """News again: at once where the consent still holds, otherwise from the consent or from the very beginning."""
    contact = turn.known.contact
    if contact is None or contact.subscription == Subscription.NONE:
        return join.begin(turn)
    if contact.subscription == Subscription.STOPPED:
        return join.again(turn)
    if contact.subscription == Subscription.JOINING:
        return await join.go_on(turn)
    if not in_conversation(turn):
        turn.close()
    turn.now_is(await profile.resume(turn.known.actor, turn.tx, contact=contact, at=turn.now))
    return Replies(messages=(with_keyboard(turn, "profile.resumed"),))


# Deleting


async def ask_erase(turn: Turn) -> Replies:
    if turn.known.contact is None:
        return turn.answer("profile.nothing")
    buttons = [
        [turn.button("profile.erase_yes", NAME, "erase", "yes")],
        [turn.button("profile.erase_no", NAME, "home")],
    ]
    return turn.answer("profile.erase_ask", buttons, officer=turn.known.officer is not None)


async def erase(turn: Turn) -> Replies:
    """Gone for good; the answer itself is written nowhere."""
    await profile.erase(turn.known.actor, turn.tx, contact_id=turn.contact.contact_id, at=turn.now)
    told = turn.reply("profile.erased", at=turn.now, until=turn.now + _PROOF_KEPT)
    return Replies(messages=(told,), forget=True)


async def withdrawn(turn: Turn) -> Replies:
    """She asked the messenger that her data here be deleted: at once, and again is as good as once. Nobody may be there to be told."""
    if turn.known.contact is not None:
        await profile.erase(turn.known.actor, turn.tx, contact_id=turn.contact.contact_id, at=turn.now)
    await turn.tx.inbox.forget(turn.known.address)
    return Replies(forget=True)


async def erase_too_young(turn: Turn) -> Replies:
    """A corrected year says that she is under the least age: nothing of her may stay, not even the proof."""
    told = under_age_reply(turn)
    await profile.erase(turn.known.actor, turn.tx, contact_id=turn.contact.contact_id, at=turn.now, proof=False)
    return Replies(messages=(told,), forget=True)


STOP = Command(name="dung", run=_stop_by_word)
STOP_UNCLEAR = Command(name="dung_mohan", run=_stop_unclear)
