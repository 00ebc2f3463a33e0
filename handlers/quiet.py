"""When the bot keeps quiet: while staff speak with a person from the account's own console, and where the messenger keeps her words back.

Of people who are known both stand beside their address. Of strangers nothing is stored: this process remembers, and after a
restart the worst is one sentence too many.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from handlers import broadcast, conversation, start
from handlers.menu import told_with_keyboard
from handlers.nominations.words import NAME as NOMINATE
from handlers.reading import by_code
from handlers.turn import Turn
from handlers.words import said
from outreach.clock import local_day
from outreach.contacts.silence import hand_over, note_withheld
from outreach.messaging import STAFF_DONE, Address, IncomingKind, Replies
from outreach.nominations.form import EVIDENCE
from outreach.text import nfc

_NAMED = "="  # in front of words that are meant with their very diacritics


@dataclass(kw_only=True)
class Quiet:
    _staff: dict[Address, datetime] = field(default_factory=dict)  # strangers: until when staff speak with them
    _told: dict[Address, date] = field(default_factory=dict)  # strangers: when they were told that nothing can be read

    async def staff(self, turn: Turn) -> Replies:
        """Staff have written to her, or give her back. She is told once how to call the bot."""
        before = self._is_with_staff(turn)
        if turn.incoming.payload == STAFF_DONE:
            await self._set(turn, until=None)
            return await _back(turn) if before else Replies()
        await self._set(turn, until=turn.now + timedelta(hours=turn.world.staff_hours))
        return Replies() if before else turn.answer("quiet.staff")

    async def beside_staff(self, turn: Turn) -> Replies | None:
        """The answer while staff speak with her, which is none; None where the turn goes its way.

        What can only be meant for the bot brings it back: a tap, a command, words to stop or delete, or its name.
        """
        if not self._is_with_staff(turn):
            return None
        called = said(turn, "quiet.call_words")
        if not called and not await _is_for_bot(turn):
            return Replies()
        await self._set(turn, until=None)
        if not called:
            return None
        return await (_back if turn.contact_id is not None else start.welcome)(turn)

    async def withheld(self, turn: Turn) -> Replies:
        """Told once a day why nothing is answered and where a person is found. Where evidence is asked for, and from an officer, it is a file that cannot come this way."""
        today = local_day(turn.now)
        if self._is_with_staff(turn):
            return Replies()
        dialogue = turn.dialogue
        nominates = dialogue is not None and (dialogue.flow, dialogue.step) == (NOMINATE, EVIDENCE)
        if nominates or turn.known.officer:
            return turn.answer("quiet.withheld_evidence")
        if (turn.known.told_withheld_on or self._told.get(turn.known.address)) == today:
            return Replies()
        if turn.known.contact is not None:
            await note_withheld(turn.known.actor, turn.tx, contact=turn.contact, address=turn.known.address, on=today)
        else:
            self._told = {address: on for address, on in self._told.items() if on == today}
            self._told[turn.known.address] = today
        pack = turn.world.pack
        name = pack.organisation.name.of(turn.language)
        return turn.answer("quiet.withheld", name=name, hotline=pack.hotline, page=pack.official_page)

    def _is_with_staff(self, turn: Turn) -> bool:
        until = turn.known.staff_until or self._staff.get(turn.known.address)
        return until is not None and turn.now < until

    async def _set(self, turn: Turn, *, until: datetime | None) -> None:
        self._staff = {address: ends for address, ends in self._staff.items() if ends > turn.now}
        self._staff.pop(turn.known.address, None)
        if turn.known.contact is not None:
            await hand_over(turn.known.actor, turn.tx, contact=turn.contact, address=turn.known.address, until=until)
        elif until:
            self._staff[turn.known.address] = until


async def _is_for_bot(turn: Turn) -> bool:
    kind, text = turn.incoming.kind, turn.incoming.text
    if kind == IncomingKind.START:
        return bool(turn.incoming.payload)
    if kind != IncomingKind.TEXT:
        return kind == IncomingKind.BUTTON
    stops = {word.strip().removeprefix(_NAMED) for word in turn.label("commands.dung_words").split(",")}
    if text.startswith("/") or nfc(text).strip().casefold() in stops or said(turn, "profile.erase_words"):
        return True
    return broadcast.by_code(turn) is not None or await by_code(turn) is not None


async def _back(turn: Turn) -> Replies:
    """The bot speaks again, and asks on where it stood."""
    back = told_with_keyboard(turn, "quiet.back")
    if not conversation.in_conversation(turn):
        return back
    return Replies(messages=(*back.messages, *(await conversation.stale(turn)).messages))
