"""Somebody who had blocked the bot, or left it, speaks again: whether news may come to her here is asked, never guessed."""

import hashlib

from handlers.buttons import Press
from handlers.menu import with_keyboard
from handlers.turn import Turn
from outreach.contacts.model import Consent, Purpose, Subscription
from outreach.contacts.profile import elsewhere, have_here, welcome_back
from outreach.messaging import Button, Replies, Reply

HERE = "pro:here:"  # what the yes carries, before the hash of its text
_HASH_SHOWN = 16  # letters of the hash that the button carries


async def come_back(turn: Turn) -> Replies:
    """Until she has said that she wants them no news come here. Where they come to her in another app, that goes on; nothing else needs a question."""
    contact = turn.known.contact
    if contact is None:
        return Replies()
    was = contact.subscription
    turn.now_is(await welcome_back(turn.known.actor, turn.tx, known=turn.known, contact=contact, at=turn.now))
    if was not in {Subscription.ACTIVE, Subscription.PAUSED}:
        return Replies()
    if asked := await ask_here(turn):
        return Replies(messages=asked)
    buttons = [[turn.button("start.resume", "pro", "resume"), turn.button("start.stop", "pro", "stop")]]
    return turn.answer("start.come_back", buttons)


async def ask_here(turn: Turn) -> tuple[Reply, ...]:
    """Whether news shall come here too; nothing where they do, or where they come nowhere."""
    if not turn.subscribed:
        return ()
    news_at = await turn.tx.addresses.news_at(turn.contact.contact_id)
    others = elsewhere(news_at, known=turn.known)
    if not others or turn.known.address_id in news_at:
        return ()
    names = [turn.label(f"linking.channel_{channel}") for channel in others]
    here = turn.incoming.channel
    text = turn.say(
        "start.here_ask",
        here=turn.label(f"linking.channel_{here}"),
        others=names,
        server=turn.label(f"join.server_{here}"),
    )
    digest = hashlib.sha256(text.encode()).hexdigest()
    yes = Button(label=turn.label("start.here_yes"), payload=HERE + digest[:_HASH_SHOWN])
    no = turn.button("start.here_no", "pro", "keep", others=names)
    return (Reply(text=text, buttons=((yes,), (no,))),)


async def agree_here(turn: Turn, press: Press) -> Replies:
    """The consent is written with the hash of the very text: when the words have changed since, they are shown again."""
    asked = await ask_here(turn)
    if not asked:
        return Replies(messages=(with_keyboard(turn, "join.already"),))
    digest = hashlib.sha256(asked[0].text.encode()).hexdigest()
    if press.arg != digest[:_HASH_SHOWN]:
        return Replies(messages=asked)
    consent = Consent(
        purpose=Purpose.NOTICES,
        text_version=turn.label("start.here_version"),
        text_hash=digest,
        given_at=turn.now,
        channel=turn.incoming.channel,
        message_ref=turn.incoming.message_ref,
    )
    await have_here(turn.known.actor, turn.tx, known=turn.known, contact=turn.contact, consent=consent)
    return Replies(messages=(with_keyboard(turn, "start.here_done"),))
