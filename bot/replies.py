"""The reply lane: what a turn promised leaves here, one person's messages in order, and is crossed off once accepted."""

import asyncio
import logging
import secrets
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import PurePath

from bot.channels.kit import growing_waits
from handlers.router import Answer
from outreach.clock import Clock
from outreach.contacts.windows import month_of
from outreach.messaging import (
    AccountId,
    Address,
    Channel,
    ChannelName,
    ContactId,
    Menu,
    OutgoingFile,
    Reply,
    SendError,
    SendErrorKind,
)
from outreach.outbox import RESEND_WITHIN, OutboxId, OutboxRow
from outreach.pacing import jittered
from outreach.transaction import Transactions, begun_again, shielded

log = logging.getLogger(__name__)

MakeFile = Callable[[OutgoingFile], Awaitable[bytes]]

PLANNED = frozenset({ChannelName.ZALO_OA, ChannelName.ZALO_BOT})  # what a plan counts, answers too
_ATTEMPTS = 3  # one soon after the other; what has had so many gets one at each sweep
_CROSS_OFF_EVERY = 0.1  # seconds; one transaction for all that was accepted meanwhile
_LONGEST_WAIT = 5.0  # seconds between attempts at a database that takes nothing
_STALE_AFTER = timedelta(seconds=30)  # a row this old and in nobody's hands is sent again
# How old a reply is when it is sent again after its first attempts lost their answers: each may have arrived.
_LOST_AGAIN = (_STALE_AFTER, timedelta(minutes=1), timedelta(minutes=2))
_LOST_TRIES = _ATTEMPTS + len(_LOST_AGAIN)
_SWEEP = 50
_SHUT = {
    SendErrorKind.REVOKED: "token of %s is not accepted",
    SendErrorKind.EXHAUSTED: "plan of %s is used up",
}
_AGAIN = {SendErrorKind.NOT_NOW, SendErrorKind.REFUSED, SendErrorKind.NEVER_LEFT, SendErrorKind.UNKNOWN}


def _wait(error: SendError, attempt: int) -> float:
    return jittered(error.retry_after or 0.5 * 2**attempt)


@dataclass(slots=True, kw_only=True)
class _Done:
    """What the next crossing-off writes."""

    removed: list[OutboxId] = field(default_factory=list)
    slots: list[tuple[ContactId, str, str]] = field(default_factory=list)
    gone: list[tuple[Address, str]] = field(default_factory=list)
    held: list[OutboxId] = field(default_factory=list)
    messages: Counter[AccountId] = field(default_factory=Counter)  # of accounts whose plan counts them
    charged: Counter[AccountId] = field(default_factory=Counter)

    def __bool__(self) -> bool:
        return bool(self.removed or self.slots or self.gone or self.held or self.messages or self.charged)

    @property
    def rows(self) -> set[OutboxId]:
        return {*self.removed, *self.held}

    def __add__(self, later: "_Done") -> "_Done":
        return _Done(
            removed=self.removed + later.removed,
            slots=self.slots + later.slots,
            gone=self.gone + later.gone,
            held=self.held + later.held,
            messages=self.messages + later.messages,
            charged=self.charged + later.charged,
        )


@dataclass(slots=True, kw_only=True)
class _Left:
    """What of a promised reply was accepted (`refs`), and what is still to be done: set the menu, send the rest.

    `tries` are those of the first message of the rest, by how they ended.
    """

    since: datetime
    menu: bool
    replies: tuple[Reply, ...]
    refs: tuple[str, ...] = ()
    tries: Counter[SendErrorKind] = field(default_factory=Counter)

    def spent(self, trouble: SendError) -> bool:
        """Whether one more could only repeat it, or hammer. To set a menu again does neither."""
        most = trouble.most_tries or (_LOST_TRIES if trouble.kind == SendErrorKind.UNKNOWN else 0)
        return bool(self.replies and most) and self.tries[trouble.kind] >= most


@dataclass(kw_only=True)
class ReplySender:
    """Sends answers; `apology` is said when a reply of ours turns out unsendable, `file_elsewhere` of a file by its name where the
    channel cannot carry one of its kind.

    `menus` are the lists of commands that replies may set in their chat; an empty one stands for everybody's.
    """

    transactions: Transactions
    channels: Mapping[AccountId, Channel]
    make_file: MakeFile
    apology: str
    clock: Clock
    price_vnd: int = 0  # of a message that is charged for; campaigns and replies share the month's ceiling
    file_elsewhere: Callable[[str], str] = str
    menus: Mapping[Menu, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    revoked: set[AccountId] = field(default_factory=set)  # whose token was not accepted at the latest attempt
    exhausted: set[AccountId] = field(default_factory=set)  # whose plan was used up then
    unheard: set[AccountId] = field(
        default_factory=set
    )  # where a word was given up unanswered, and none accepted since
    _last: dict[Address, "asyncio.Task[None]"] = field(default_factory=dict)
    _in_hand: set[OutboxId] = field(default_factory=set)
    _partly: dict[OutboxId | None, _Left] = field(default_factory=dict)  # after a crash the whole is sent again
    _done: _Done = field(default_factory=_Done)
    _crossing: "asyncio.Task[None] | None" = None
    _leaving: bool = False

    def deliver(self, answer: Answer) -> None:
        """Take over what a committed turn promised; returns at once. One address's messages leave in the order given."""
        incoming = answer.incoming
        if incoming.callback_ref:
            self._spawn(incoming.address, self._answer_tap(incoming.address, incoming.callback_ref, answer.toast))
        for row in answer.rows:
            self.send(row)

    def send(self, row: OutboxRow) -> None:
        if row.outbox_id is not None:
            if row.outbox_id in self._in_hand:
                return
            self._in_hand.add(row.outbox_id)
        self._spawn(row.address, self._send(row))

    def _spawn(self, address: Address, work: Coroutine[None, None, None]) -> None:
        before = self._last.get(address)

        async def after() -> None:
            if before:
                await asyncio.wait({before})
            await work

        task = asyncio.create_task(after())
        self._last[address] = task
        task.add_done_callback(lambda done: self._forget(address, done))

    def _forget(self, address: Address, task: "asyncio.Task[None]") -> None:
        if self._last.get(address) is task:
            del self._last[address]
        if not task.cancelled() and (error := task.exception()):
            log.error("a reply was not sent: %s", type(error).__name__)

    async def _answer_tap(self, address: Address, callback_ref: str, text: str) -> None:
        try:
            await self.channels[address.account_id].answer_tap(callback_ref, text)
        except SendError as error:
            if error.kind in _SHUT:
                self._alarm(address.account_id, error)
            log.info("a tap was not answered: %s", error.reason)

    async def _send(self, row: OutboxRow) -> None:
        try:
            await self._try(row)
        finally:
            if row.outbox_id is not None and row.outbox_id not in self._done.rows:
                self._in_hand.discard(row.outbox_id)

    async def _try(self, row: OutboxRow) -> None:
        channel = self.channels[row.address.account_id]
        row = self._carried(channel, row)
        left = self._left(row)
        file = next((reply.file for reply in left.replies if reply.file), None)
        try:
            data = await self.make_file(file) if file else None
        except Exception as error:  # noqa: BLE001  (whatever it is, the person gets an answer)
            # It would fail again: she is told once, and whoever runs the service finds the place by the number.
            number = secrets.token_hex(4)
            frames = reversed(traceback.extract_tb(error.__traceback__)[-3:])
            where = " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames)
            log.error("a file was not made, id %s: %s at %s", number, type(error).__name__, where)  # noqa: TRY400  (no values of a person in the log)
            self._apologise(row)
            self._accepted(row, ())
            return
        attempt = 1
        while trouble := await self._go_on(channel, row, left, data=data):
            if left.spent(trouble):
                log.warning("a reply is not tried again: %s", trouble)
                self.unheard.add(channel.account_id)
                break
            if trouble.kind not in _AGAIN or max(attempt, left.tries[trouble.kind]) >= _ATTEMPTS:
                await self._failed(row, trouble)
                return
            await asyncio.sleep(_wait(trouble, attempt))
            attempt += 1
        self._accepted(row, left.refs)

    def _carried(self, channel: Channel, row: OutboxRow) -> OutboxRow:
        """With a word on where the file is found, where the channel carries none like it; it is then not made at all."""
        file = row.reply.file
        carried = channel.capabilities.file_suffixes if file else None
        if file is None or carried is None or PurePath(file.name).suffix.lower() in carried:
            return row
        text = "\n\n".join(filter(None, (row.reply.text, self.file_elsewhere(file.name))))
        return replace(row, reply=replace(row.reply, text=text, file=None))

    def _left(self, row: OutboxRow) -> _Left:
        left = _Left(since=row.created_at, menu=row.reply.menu != Menu.UNTOUCHED, replies=(row.reply,))
        if late := sum(self.clock() - row.created_at >= age for age in _LOST_AGAIN):
            # Whoever had it in hand before a restart may have lost as many answers as its age allows.
            left.tries[SendErrorKind.UNKNOWN] = _ATTEMPTS + late - 1
        return left if row.outbox_id is None else self._partly.setdefault(row.outbox_id, left)

    async def _go_on(self, channel: Channel, row: OutboxRow, left: _Left, *, data: bytes | None) -> SendError | None:
        """Do what is left; `left` says afterwards what still is. A menu that has to wait lets the message pass."""
        trouble = await self._show_commands(channel, row) if left.menu else None
        left.menu = trouble is not None
        while left.replies:
            try:
                sent = await channel.send(row.address.external_id, left.replies[0], data=data)
            except SendError as error:
                if error.rest:
                    left.replies = (*error.rest, *left.replies[1:])
                    left.refs += error.refs
                    left.tries.clear()
                trouble = error.of_rest
                left.tries[trouble.kind] += trouble.tried
                return trouble
            left.replies = left.replies[1:]
            left.refs += sent.refs
            left.tries.clear()
            self._all_clear(channel)
            if channel.name in PLANNED:
                self._done.messages[channel.account_id] += len(sent.refs)
            if sent.charged:
                self._done.charged[channel.account_id] += sent.charged
        return trouble

    async def _show_commands(self, channel: Channel, row: OutboxRow) -> SendError | None:
        """None where no other attempt can help: the keyboard and the words work without the list."""
        try:
            await channel.show_commands(row.address.external_id, self.menus.get(row.reply.menu, ()))
        except SendError as error:
            if error.kind in _AGAIN or error.kind in _SHUT:
                return error
            log.warning("a list of commands was not shown: %s", error)
        return None

    async def _failed(self, row: OutboxRow, error: SendError) -> None:
        if error.kind in _SHUT:
            self._alarm(row.address.account_id, error)
            return
        log.warning("a reply was not sent: %s", error)
        if error.kind == SendErrorKind.WINDOW_CLOSED and row.outbox_id is not None:
            self._done.held.append(row.outbox_id)
            self._cross_off_soon()
            return
        if error.kind == SendErrorKind.GONE:
            self._done.gone.append((row.address, error.reason))
        elif error.kind == SendErrorKind.OUR_FAULT and row.reply.text != self.apology:
            self._apologise(row)
        elif error.kind not in {SendErrorKind.HARMLESS, SendErrorKind.MOVED}:
            return  # the row stays; the sweep tries again while it is young enough
        self._accepted(row, ())

    def _alarm(self, account_id: AccountId, error: SendError) -> None:
        """Once, whoever meets it; `/readyz` shows a refused token, administrators hear of both over another channel.

        Campaigns are halted by their own lane.
        """
        shut = self.revoked if error.kind == SendErrorKind.REVOKED else self.exhausted
        if account_id not in shut:
            shut.add(account_id)
            log.error(
                "the %s (%s): no reply can leave; `loatre doctor` says what to do",
                _SHUT[error.kind] % self.channels[account_id].name,
                error.reason,
            )

    def _all_clear(self, channel: Channel) -> None:
        self.unheard.discard(channel.account_id)
        if channel.account_id in self.revoked | self.exhausted:
            self.revoked.discard(channel.account_id)
            self.exhausted.discard(channel.account_id)
            log.warning("%s takes replies again", channel.name)

    def _apologise(self, row: OutboxRow) -> None:
        reply = Reply(text=self.apology)
        self.send(
            OutboxRow(outbox_id=None, address=row.address, contact_id=None, reply=reply, created_at=row.created_at)
        )

    def _accepted(self, row: OutboxRow, refs: tuple[str, ...]) -> None:
        if row.outbox_id is not None:
            self._partly.pop(row.outbox_id, None)
            self._done.removed.append(row.outbox_id)
        if row.reply.slot and refs and row.contact_id is not None:
            self._done.slots.append((row.contact_id, row.reply.slot, refs[-1]))
        self._cross_off_soon()

    def _cross_off_soon(self) -> None:
        if self._done and self._crossing is None:
            self._crossing = asyncio.create_task(self._cross_off())

    async def _cross_off(self) -> None:
        """Until the database takes it: the sweep would send again what has left and still stands there. At the end it is tried once."""
        for wait in growing_waits(first=_CROSS_OFF_EVERY, most=_LONGEST_WAIT):
            await asyncio.sleep(wait)
            done, self._done = self._done, _Done()
            try:
                await shielded(begun_again(partial(self._write, done)))
            except Exception as error:  # noqa: BLE001  (whatever ails it, what has left is known nowhere else)
                if wait == _CROSS_OFF_EVERY or self._leaving:
                    log.error("the database took no crossing-off (%s)", type(error).__name__)  # noqa: TRY400  (no values of a person in the log)
                if self._leaving:
                    break
                self._done = done + self._done
            else:
                self._in_hand -= done.rows
                break
        self._crossing = None
        self._cross_off_soon()  # what came meanwhile

    async def _write(self, done: _Done) -> None:
        async with self.transactions.write() as tx:
            if done.removed:
                await tx.outbox.remove(done.removed)
            for contact_id, slot, ref in done.slots:
                await tx.outbox.remember_slot(contact_id, slot=slot, ref=ref)
            if done.held:
                await tx.outbox.hold(done.held)
            for address, reason in done.gone:
                await tx.contacts.set_reachable(address, reachable=False, reason=reason, at=self.clock())
            for account_id in sorted({*done.messages, *done.charged}):
                charged = done.charged[account_id]
                await tx.spending.add(
                    account_id,
                    month=month_of(self.clock()),
                    messages=done.messages[account_id],
                    charged=charged,
                    vnd=charged * self.price_vnd,
                )

    async def sweep(self, *, at_start: bool = False) -> int:
        """Send again what was promised and never accepted: after a crash, or after a long outage of the channel."""
        now = self.clock()
        async with self.transactions.read() as tx:
            rows = await tx.outbox.pending(since=now - RESEND_WITHIN, limit=_SWEEP)
        self._partly = {key: left for key, left in self._partly.items() if left.since >= now - RESEND_WITHIN}
        due = [row for row in rows if at_start or now - row.created_at >= self._waits(row)]
        for account_id in self.revoked | self.exhausted:  # one is enough to hear whether replies are taken again
            first = next((row for row in due if row.address.account_id == account_id), None)
            due = [row for row in due if row is first or row.address.account_id != account_id]
        for row in due:
            self.send(row)
        return len(due)

    def _waits(self, row: OutboxRow) -> timedelta:
        """How old it must be to be sent again. What may have arrived waits longer each time."""
        left = self._partly.get(row.outbox_id)
        return _LOST_AGAIN[max(0, left.tries[SendErrorKind.UNKNOWN] - _ATTEMPTS) if left else 0]

    async def drain(self) -> None:
        """Wait until everything in hand has left and is crossed off; where the database takes nothing, a restart sends it again."""
        self._leaving = True
        while self._last or self._crossing or self._done:
            tasks = {*self._last.values(), *([self._crossing] if self._crossing else [])}
            if tasks:
                await asyncio.wait(tasks)
            else:
                await asyncio.sleep(_CROSS_OFF_EVERY)
        self._leaving = False
