"""One person's turn from beginning to end: wait for the turn, open the transaction, find the handler, commit, hand the replies over."""

import asyncio
import logging
import secrets
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from handlers.buttons import read_payload
from handlers.conversation import was_asked
from handlers.fitting import fitted
from handlers.matching import Commands, agreed, choices_of, chosen, chosen_exactly
from handlers.menu import not_hers
from handlers.offered import Strangers, choices_now, tell_others, which_number
from handlers.reading import by_code
from handlers.turn import Command, Flow, Handle, LookFirstError, Turn, World
from handlers.windows import has_closed, heard_from
from outreach.clock import Clock
from outreach.dialogue import RESTING, STALE_AFTER, Draft
from outreach.errors import NotKeptError, OutreachError
from outreach.messaging import Address, ChannelName, Incoming, IncomingKind, Replies, Reply
from outreach.officers import Action
from outreach.outbox import OutboxRow, Target
from outreach.transaction import Transactions, begun_again, shielded

T = TypeVar("T")
log = logging.getLogger(__name__)

_MOST_LOOKS = 3
# Phones cut a text at 4,096 characters, and send its parts at once.
_CUT_FROM = 3_500
_CUT_WITHIN = timedelta(seconds=3)
_CUT_AT = "cut_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What leaves after the commit: the tap's answer first, then the messages in order."""

    incoming: Incoming
    toast: str
    rows: tuple[OutboxRow, ...]
    forget: bool = False  # what was erased must leave the write-ahead log too: see Database.truncate_wal


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """Every conversation and command, and what answers when none of them is meant."""

    flows: Sequence[Flow]
    commands: Sequence[Command]
    start: Handle
    come_back: Handle  # somebody who had blocked the bot speaks again; without a message the turn goes its way
    blocked: Handle
    staff: Handle  # a human has taken the conversation over, or gives it back
    beside_staff: Callable[
        [Turn], Awaitable[Replies | None]
    ]  # the answer while a human has it; None where the bot speaks
    withheld: Handle  # the messenger keeps the content back
    withdrawn: Handle  # she asked the messenger that her data be deleted
    media: Handle  # a photo or file outside every conversation
    unreadable: Handle  # stickers, voice, edits, groups
    stale: Handle  # an answer after a long silence
    unknown_button: Handle
    fallback: Handle
    # A code or a wish that means the same wherever it is typed; None when these words are none.
    typed: Callable[[Turn], Awaitable[Replies | None]] | None = None


@dataclass(kw_only=True)
class Router:
    """Implements the channels' `handle`: returns when the turn is committed; `deliver` gets what is to be sent."""

    transactions: Transactions
    world: World
    registry: Registry
    clock: Clock
    deliver: Callable[[Answer], None]
    draft_hours: int = 24
    _strangers: Strangers = field(default_factory=Strangers)
    _locks: "WeakValueDictionary[Address, asyncio.Lock]" = field(default_factory=WeakValueDictionary)

    def __post_init__(self) -> None:
        self._flows = {flow.name: flow for flow in self.registry.flows}
        self._commands = Commands(self.registry.commands, catalog=self.world.catalog)

    async def handle(self, incoming: Incoming) -> None:
        lock = self._locks.setdefault(incoming.address, asyncio.Lock())
        async with lock:
            try:
                answer = await shielded(self._looking(partial(self._try_turn, incoming)))
            except NotKeptError:
                raise  # nothing was heard yet: the messenger brings it again
            except Exception as error:  # noqa: BLE001  (whatever a handler raises, the person gets an answer)
                answer = await shielded(self._apologise(incoming, error))
            if answer:
                self.deliver(answer)

    async def take_up(self, address: Address, *, channel: ChannelName, handle: Handle) -> None:
        """A turn that no message began: a file has been read, a campaign has news. `handle` answers like any other; its errors are the caller's."""
        incoming = Incoming(
            update_id="", address=address, channel=channel, kind=IncomingKind.OTHER, sent_at=self.clock()
        )
        async with self._locks.setdefault(address, asyncio.Lock()):
            self.deliver(await shielded(self._looking(partial(self._own_turn, incoming, handle))))

    async def _own_turn(self, incoming: Incoming, handle: Handle, looked: Mapping[str, object]) -> Answer:
        """One durable turn. Effects: the handler's own, dialogue or draft, outbox."""
        now = self.clock()
        async with self.transactions.write() as tx:
            known = await tx.contacts.known(incoming.address)
            turn = Turn(incoming=incoming, known=known, tx=tx, now=now, world=self.world, looked=looked)
            rows = await self._keep(turn, fitted(turn, await handle(turn), find=self._commands.find))
        return Answer(incoming=incoming, toast="", rows=tuple(rows))

    async def _looking(self, turn: Callable[[Mapping[str, object]], Coroutine[Any, Any, T]]) -> T:
        """One durable turn, begun again after everything that its handler has to know first."""
        looked: dict[str, object] = {}
        for _ in range(_MOST_LOOKS):
            try:
                return await begun_again(partial(turn, looked))
            except LookFirstError as wanted:
                looked[wanted.key] = await self._found(wanted)
        return await begun_again(partial(turn, looked))

    async def _found(self, wanted: LookFirstError) -> object:
        if wanted.ask:
            return await wanted.ask()
        assert wanted.look  # noqa: S101  (one of the two)
        async with self.transactions.read() as tx:
            return await wanted.look(tx)

    async def _try_turn(self, incoming: Incoming, looked: Mapping[str, object]) -> Answer | None:
        """Effects: the update is marked, the handler's own, dialogue or draft, outbox."""
        now = self.clock()
        async with self.transactions.write() as tx:
            if not await tx.contacts.first_sight(incoming.address, update_id=incoming.update_id, at=now):
                return None
            known = await tx.contacts.known(incoming.address)
            turn = Turn(incoming=incoming, known=known, tx=tx, now=now, world=self.world, looked=looked)
            try:
                replies = await self._route(turn)
            except OutreachError as refusal:
                replies = self._refused(turn, refusal)
            _note_cut(turn)
            replies = fitted(turn, replies, find=self._commands.find)
            waited = [] if replies.forget else await heard_from(turn)
            rows = [*waited, *await self._keep(turn, replies)]
        self._strangers.note(turn, replies)
        return Answer(incoming=incoming, toast=replies.toast, rows=tuple(rows), forget=replies.forget)

    def _refused(self, turn: Turn, refusal: OutreachError) -> Replies:
        """A rule said no: in words, and nothing the person typed is lost."""
        action = refusal.data.get("action")
        if turn.known.officer and isinstance(action, Action) and refusal.code == "not_allowed":
            return not_hers(turn, action)
        key = f"reason.{refusal.code}"
        return turn.answer(key if self.world.catalog.has(key) else "reason.refused", (), **refusal.data)

    async def _route(self, turn: Turn) -> Replies:
        kind = turn.incoming.kind
        special = {
            IncomingKind.BLOCKED: self.registry.blocked,
            IncomingKind.UNBLOCKED: self.registry.blocked,
            IncomingKind.ELSEWHERE: self.registry.unreadable,
            IncomingKind.STAFF: self.registry.staff,
            IncomingKind.WITHHELD: self.registry.withheld,
            IncomingKind.WITHDRAW: self.registry.withdrawn,
        }.get(kind)
        if special:
            return await special(turn)
        if (aside := await self.registry.beside_staff(turn)) is not None:
            return aside
        if not turn.known.reachable and kind != IncomingKind.BUTTON:
            asked = await self.registry.come_back(turn)
            if asked.messages:
                return asked
        if kind == IncomingKind.BUTTON:
            return await self._pressed(turn, turn.incoming.payload)
        if kind in {IncomingKind.OTHER, IncomingKind.EDIT}:
            return await self.registry.unreadable(turn)
        return await (self.registry.start(turn) if kind == IncomingKind.START else self._said(turn))

    async def _said(self, turn: Turn) -> Replies:
        """A choice by number or label, then a command, then the open conversation."""
        flow = self._open_flow(turn)
        if _is_rest(turn) and not (flow and flow.joins_texts):
            return Replies()  # its first part was answered, and the rest is no answer to anything
        silent, asked = flow is not None and self._is_stale(turn), was_asked(turn)
        found = await self._typed(turn, flow, stale=silent and not asked)
        if found is not None:
            return found
        if flow is None:
            return await (self.registry.media if turn.incoming.attachments else self.registry.fallback)(turn)
        return await (self.registry.stale if silent or asked else flow.answer)(turn)

    async def _typed(self, turn: Turn, flow: Flow | None, *, stale: bool) -> Replies | None:
        """What words mean by themselves; None leaves them to the open conversation, whose own choices no longer hold when `stale`."""
        text = turn.incoming.text
        if turn.incoming.kind != IncomingKind.TEXT:
            return None
        if flow and not stale and (unclear := which_number(turn, flow)):
            again = await flow.resume(turn)
            return replace(again, messages=(unclear, *again.messages))
        command = self._commands.find(text)
        choices = await choices_now(turn, flow, stale=stale, strangers=self._strangers)
        packed = self._chosen(turn, choices) or await by_code(turn)
        if packed and not (command and self._insists(text, choices)):
            return await self._pressed(turn, packed)
        if command and not (command.officers_only and turn.known.officer is None):
            return await command.run(turn)
        return await self.registry.typed(turn) if self.registry.typed else None

    def _chosen(self, turn: Turn, choices: Mapping[str, str]) -> str | None:
        text = turn.incoming.text
        return chosen(text, choices=choices) or agreed(
            text, words=turn.label("menu.yes_words").split(","), choices=choices
        )

    def _insists(self, text: str, choices: Mapping[str, str]) -> bool:
        """A command rather than the choice it folds to: "dừng" under [Đúng], but not under [Dừng]."""
        return self._commands.insists(text) and (text.startswith("/") or not chosen_exactly(text, choices=choices))

    def _open_flow(self, turn: Turn) -> Flow | None:
        flow = self._flows.get(turn.dialogue.flow) if turn.dialogue else None
        if flow and turn.known.dialogue and turn.known.dialogue.version != flow.version:
            # An older form of the conversation: the position is lost, the answers are rows of their own.
            turn.close()
            return None
        if flow and flow.name in RESTING and self._is_stale(turn):
            # Reading and looking around end by themselves: hours later nobody is in the middle of them.
            turn.close()
            return None
        return flow

    def _is_stale(self, turn: Turn) -> bool:
        return turn.dialogue is not None and turn.now - turn.dialogue.answered_at > STALE_AFTER

    async def _pressed(self, turn: Turn, packed: str) -> Replies:
        press = read_payload(packed)
        flow = self._flows.get(press.flow) if press else None
        if press is None or flow is None or (flow.officers_only and turn.known.officer is None):
            return await self.registry.unknown_button(turn)
        return await flow.pressed(turn, press)

    async def resume(self, turn: Turn) -> Replies:
        """Ask the open question again; the fallback where there is none."""
        flow = self._open_flow(turn)
        return await (flow.resume if flow else self.registry.fallback)(turn)

    async def _keep(self, turn: Turn, replies: Replies) -> list[OutboxRow]:
        """Write where the conversation stands and what is promised."""
        known, contact_id = turn.known, turn.contact_id
        if replies.forget or contact_id is None:
            await self._keep_draft(turn, forget=replies.forget, choices=choices_of(replies.messages))
            rows = [_unwritten(turn, reply) for reply in replies.messages]
        else:
            await self._keep_dialogue(turn, replies)
            here = known.address_id is not None and not has_closed(turn)
            own = Target(
                contact_id=contact_id,
                address_id=known.address_id if here else None,
                address=known.address if here else None,
            )
            rows = await turn.tx.outbox.add([(own, reply) for reply in replies.messages], at=turn.now)
        if replies.notices:
            rows += await tell_others(turn.tx, replies.notices, at=turn.now)
        return rows

    async def _keep_draft(self, turn: Turn, *, forget: bool, choices: Mapping[str, str]) -> None:
        wanted = None if forget or turn.dialogue is None else turn.dialogue
        if wanted is None:
            if turn.known.draft and (forget or turn.known.contact is not None):
                await turn.tx.dialogues.drop_draft(turn.known.draft_key)
            return
        draft = Draft(
            flow=wanted.flow,
            step=wanted.step,
            source=turn.source,
            choices=choices or wanted.choices,
            expires_at=turn.now + self._draft_life,
        )
        await turn.tx.dialogues.save_draft(turn.known.draft_key, draft=draft)

    async def _keep_dialogue(self, turn: Turn, replies: Replies) -> None:
        assert turn.contact_id is not None  # noqa: S101  (the caller has looked)
        if turn.known.draft:
            await turn.tx.dialogues.drop_draft(turn.known.draft_key)
        choices = choices_of(replies.messages)
        if turn.dialogue is None and choices:
            turn.goto("menu", "idle")
        if turn.dialogue is None:
            if turn.known.dialogue:
                await turn.tx.dialogues.close(turn.contact_id)
            return
        kept = replace(turn.dialogue, choices=choices, answered_at=turn.now) if choices else turn.dialogue
        if replies.messages:
            kept = replace(kept, address_id=turn.known.address_id)
        if kept != turn.known.dialogue:
            await turn.tx.dialogues.save(turn.contact_id, dialogue=kept)

    async def _apologise(self, incoming: Incoming, error: Exception) -> Answer | None:
        """The handler raised and its work was rolled back: say so, keep the state, log an id and no person."""
        number = secrets.token_hex(4)
        frames = traceback.extract_tb(error.__traceback__)
        where = " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in reversed(frames[-6:]))
        log.error("turn failed, id %s: %s at %s", number, type(error).__name__, where)
        now = self.clock()
        async with self.transactions.write() as tx:
            if not await tx.contacts.first_sight(incoming.address, update_id=incoming.update_id, at=now):
                return None
        text = await self._apology(incoming.address, number=number)
        row = OutboxRow(
            outbox_id=None, address=incoming.address, contact_id=None, reply=Reply(text=text), created_at=now
        )
        return Answer(incoming=incoming, toast="", rows=(row,))

    async def _apology(self, address: Address, *, number: str) -> str:
        """In her language, and to an officer without a pronoun. Whatever went wrong may be in the way of knowing her: then the text for everybody."""
        key, language = "errors.internal", "vi"
        try:
            async with self.transactions.read() as tx:
                known = await tx.contacts.known(address)
        except Exception as error:  # noqa: BLE001  (the answer matters more than how it is worded)
            log.warning("id %s: who is answered is not known: %s", number, type(error).__name__)
        else:
            key = "errors.internal_officer" if known.officer else key
            language = known.contact.language if known.contact else language
        return self.world.catalog.say(key, language=language, number=number)

    @property
    def _draft_life(self) -> timedelta:
        return timedelta(hours=self.draft_hours)


def _unwritten(turn: Turn, reply: Reply) -> OutboxRow:
    return OutboxRow(outbox_id=None, address=turn.incoming.address, contact_id=None, reply=reply, created_at=turn.now)


def _note_cut(turn: Turn) -> None:
    """Remember that this text may go on in the next message."""
    incoming = turn.incoming
    if turn.dialogue and incoming.kind == IncomingKind.TEXT and len(incoming.text) >= _CUT_FROM:
        turn.dialogue = replace(turn.dialogue, data={**turn.dialogue.data, _CUT_AT: incoming.sent_at.isoformat()})


def _is_rest(turn: Turn) -> bool:
    """Whether the message is a later part of a text that the phone has cut."""
    cut_at = turn.dialogue.data.get(_CUT_AT) if turn.dialogue else None
    if not cut_at or turn.incoming.kind != IncomingKind.TEXT or turn.incoming.text.startswith("/"):
        return False
    return turn.incoming.sent_at - datetime.fromisoformat(cut_at) <= _CUT_WITHIN
