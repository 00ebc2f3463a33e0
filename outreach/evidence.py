"""Evidence: photos, files and links that people send. A turn writes that a file is wanted; it is fetched after the commit."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NewType, Protocol

from outreach.clock import Clock
from outreach.errors import OutreachError
from outreach.messaging import AccountId, Channel, ContactId, Reply, SendError, SendErrorKind
from outreach.officers import Actor, check_system
from outreach.outbox import OutboxRow, Target

if TYPE_CHECKING:  # the transaction names this module's port
    from outreach.transaction import Transactions

EvidenceId = NewType("EvidenceId", int)

MOST_ATTEMPTS = 8
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=1)
_AT_ONCE = 5
_SWEEP = 100


class EvidenceKind(StrEnum):
    PHOTO = "photo"
    FILE = "file"
    LINK = "link"


class EvidenceState(StrEnum):
    WANTED = "wanted"  # still at the channel
    STORED = "stored"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPiece:
    """`ref` fetches it at the channel, or is the link itself; `unique` tells two uploads of one file. Size in bytes."""

    kind: EvidenceKind
    ref: str
    unique: str
    name: str = ""
    media_type: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """`content_hash` is the SHA-256 of the content and the file's name in the store; empty until stored, and for links."""

    evidence_id: EvidenceId
    nomination_id: int | None
    contact_id: ContactId | None
    account_id: AccountId | None
    kind: EvidenceKind
    state: EvidenceState
    reason: str
    ref: str
    name: str
    media_type: str
    size: int
    content_hash: str
    attempts: int
    added_at: datetime


class EvidenceRefusedError(OutreachError):
    """The content is not taken. Codes: empty, too_big, unknown_kind, damaged, too_many_pixels, has_program, unreachable."""

    code = "unknown_kind"


class Tell(Protocol):
    """Puts a refusal into words; `handed_in`: the nomination that it belongs to is with the officers by now."""

    def __call__(self, piece: Evidence, *, handed_in: bool) -> Reply: ...


# The content and its name -> its media type; raises EvidenceRefusedError.
Check = Callable[[bytes, str], str]


class EvidenceStore(Protocol):
    """Sealed files under the hash of their content. Every method may be repeated after a crash."""

    async def put(self, content: bytes) -> str:
        """The hash under which it now lies, durably."""

    async def get(self, content_hash: str) -> bytes: ...

    async def delete(self, content_hash: str) -> None: ...


class EvidenceRows(Protocol):
    async def add(
        self,
        pieces: Sequence[NewPiece],
        *,
        contact_id: ContactId,
        account_id: AccountId,
        nomination_id: int | None,
        at: datetime,
        held: bool = False,
    ) -> list[EvidenceId]:
        """The ids of those that are new; the same upload twice for one nomination is one piece. Links need no fetching.

        `held`: what they belong to is not sent yet; they are fetched only after `release`.
        """

    async def release(self, evidence_id: EvidenceId, *, at: datetime) -> bool:
        """A held piece is wanted from now on; False when there is none (any more)."""

    async def drop(
        self,
        nomination_id: int | None = None,
        *,
        held: EvidenceId | None = None,
        held_before: datetime | None = None,
    ) -> None:
        """Delete a nomination's evidence, a held piece, or all held ones that were added before, as far as they are given.

        Content that no other row has becomes doomed.
        """

    async def get(self, evidence_id: EvidenceId) -> Evidence | None: ...

    async def list_of(self, nomination_id: int) -> list[Evidence]:
        """In the order in which they came, refused ones left out."""

    async def any_wanted(self, *, now: datetime) -> bool: ...

    async def claim_wanted(self, *, now: datetime, limit: int) -> list[Evidence]:
        """Those due, counted as tried once more and put off by a growing wait, so that a crash is only a late try."""

    async def mark_stored(self, evidence_id: EvidenceId, *, content_hash: str, media_type: str, size: int) -> bool:
        """False when the row is gone; then the content goes to the doomed."""

    async def mark_refused(self, evidence_id: EvidenceId, *, reason: str) -> bool: ...

    async def is_handed_in(self, nomination_id: int) -> bool:
        """Whether the nomination was sent, so that its nominator can add nothing to it any more."""

    async def doomed(self, *, limit: int) -> list[str]:
        """Hashes whose files are to be deleted because no row has them any more."""

    async def forget_doomed(self, hashes: Sequence[str]) -> None: ...


def wait_after(attempts: int) -> timedelta:
    """30 s, 1 min, 2 min … at most an hour."""
    doublings = min(max(0, attempts - 1), MOST_ATTEMPTS)
    return min(_FIRST_WAIT * (1 << doublings), _LONGEST_WAIT)


async def fetch_evidence(
    actor: Actor,
    *,
    transactions: "Transactions",
    channels: Mapping[AccountId, Channel],
    store: EvidenceStore,
    check: Check,
    tell: Tell,
    clock: Clock,
    max_bytes: int,
) -> list[OutboxRow]:
    """Fetch, check, seal and store what is due, delete what nobody has any more; gives the messages about refused pieces.

    Effects, each repeatable: the try is counted, the file is stored, the row is marked. `tell` puts a refusal into words; the message stands
    in the outbox before it is given back. One job at a time.
    """
    check_system(actor)
    wanted = await _claim(transactions, now=clock())
    told: list[OutboxRow] = []
    for piece in wanted:
        channel = channels.get(piece.account_id) if piece.account_id is not None else None
        if channel is None:
            continue
        try:
            content = await channel.download(piece.ref, max_bytes=max_bytes)
            media_type = await asyncio.to_thread(check, content, piece.name)
        except SendError as error:
            if not (reason := why_it_stays(error, last=piece.attempts >= MOST_ATTEMPTS)):
                continue
        except EvidenceRefusedError as error:
            reason = error.code
        else:
            content_hash = await store.put(content)
            async with transactions.write(bulk=True) as tx:
                await tx.evidence.mark_stored(
                    piece.evidence_id, content_hash=content_hash, media_type=media_type, size=len(content)
                )
            continue
        told += await _refuse(piece, reason, transactions=transactions, tell=tell, at=clock())
    await _sweep(transactions, store=store)
    return told


async def _claim(transactions: "Transactions", *, now: datetime) -> list[Evidence]:
    async with transactions.read() as tx:  # most of the time there is nothing, and the one writer is left alone
        if not await tx.evidence.any_wanted(now=now):
            return []
    async with transactions.write(bulk=True) as tx:
        return await tx.evidence.claim_wanted(now=now, limit=_AT_ONCE)


def why_it_stays(error: SendError, *, last: bool) -> str:
    """The code of a file that will never be fetched: the channel's own no, or this was the last try. Else nothing."""
    if error.kind not in {SendErrorKind.OUR_FAULT, SendErrorKind.GONE} and not last:
        return ""
    return "too_big" if error.reason == "file_too_big" else "unreachable"


async def _refuse(
    piece: Evidence, reason: str, *, transactions: "Transactions", tell: Tell, at: datetime
) -> list[OutboxRow]:
    async with transactions.write(bulk=True) as tx:
        if not await tx.evidence.mark_refused(piece.evidence_id, reason=reason) or piece.contact_id is None:
            return []
        refused = replace(piece, state=EvidenceState.REFUSED, reason=reason)
        handed_in = piece.nomination_id is not None and await tx.evidence.is_handed_in(piece.nomination_id)
        reply = tell(refused, handed_in=handed_in)
        return await tx.outbox.add([(Target(contact_id=piece.contact_id), reply)], at=at)


async def _sweep(transactions: "Transactions", *, store: EvidenceStore) -> None:
    """Delete the files whose rows are gone. In one job with the fetching, so that a file never goes while it is fetched anew."""
    async with transactions.read() as tx:
        hashes = await tx.evidence.doomed(limit=_SWEEP)
    for content_hash in hashes:
        await store.delete(content_hash)
    if hashes:
        async with transactions.write(bulk=True) as tx:
            await tx.evidence.forget_doomed(hashes)
