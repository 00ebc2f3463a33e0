"""Dialogues, the outbox, and questions to officers."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

from outreach.dialogue import Dialogue
from outreach.messaging import (
    AccountId,
    Address,
    AttachmentKind,
    Button,
    ContactId,
    Media,
    MediaId,
    MessageCopy,
    OutgoingFile,
    Reply,
)
from outreach.officers import Officer
from outreach.outbox import Target
from outreach.units import UnitId
from storage.database import Database

MakePerson = Callable[..., Awaitable[ContactId]]


def open_dialogue(at: datetime) -> Dialogue:
    return Dialogue(flow="nominate", version=1, step="name", started_at=at, answered_at=at)


async def test_one_open_dialogue_a_person(
    database: Database, account_id: AccountId, person: MakePerson, clock: Callable[[], datetime]
) -> None:
    contact_id = await person(external_id="501")
    address = Address(account_id=account_id, external_id="501")
    async with database.write() as tx:
        await tx.dialogues.save(contact_id, dialogue=open_dialogue(clock()))
        await tx.dialogues.save(contact_id, dialogue=replace(open_dialogue(clock()), step="year", choices={"1": "a:b"}))
    async with database.write() as tx:
        stored = (await tx.contacts.known(address)).dialogue
        await tx.dialogues.close(contact_id)
        closed = (await tx.contacts.known(address)).dialogue
    assert stored == replace(open_dialogue(clock()), step="year", choices={"1": "a:b"})
    assert closed is None


async def test_purged_when_idle(
    database: Database, account_id: AccountId, person: MakePerson, clock: Callable[[], datetime]
) -> None:
    idle, fresh = await person(external_id="501"), await person(external_id="502")
    day = timedelta(days=1)
    async with database.write() as tx:
        await tx.dialogues.save(idle, dialogue=open_dialogue(clock() - day))
        await tx.dialogues.save(fresh, dialogue=open_dialogue(clock()))
        assert await tx.dialogues.purge_idle(before=clock() - day / 2) == 1
        kept = await tx.contacts.known(Address(account_id=account_id, external_id="502"))
        gone = await tx.contacts.known(Address(account_id=account_id, external_id="501"))
    assert kept.dialogue
    assert gone.dialogue is None


async def test_a_promised_reply_comes_back_whole_and_in_order(
    database: Database, account_id: AccountId, person: MakePerson, clock: Callable[[], datetime]
) -> None:
    contact_id = await person(external_id="501")
    rich = Reply(
        text="<b>Chào bạn</b>",
        buttons=((Button(label="Đồng ý", payload="sta:yes"), Button(label="Xem", url="https://example.org")),),
        keyboard=(("Tin mới", "Của tôi"),),
        file=OutgoingFile(name="bao-cao.xlsx", kind="coverage", arguments={"period": "state-2026"}),
        edits="77",
        slot="progress",
        media=(Media(media_id=MediaId(3), kind=AttachmentKind.FILE, name="ke-hoach.pdf", size=9),),
        copy_of=MessageCopy(address=Address(account_id=account_id, external_id="9"), ref="12"),
        silent=True,
    )
    replies = [Reply(text="một"), rich, Reply(text="ba")]
    target = Target(contact_id=contact_id)
    async with database.write() as tx:
        rows = await tx.outbox.add([(target, reply) for reply in replies], at=clock())
    async with database.write() as tx:
        pending = await tx.outbox.pending(since=clock() - timedelta(minutes=10), limit=10)
    assert [row.reply for row in rows] == replies
    assert pending == rows
    assert rows[0].address == Address(account_id=account_id, external_id="501")
    ids = [row.outbox_id for row in rows if row.outbox_id is not None]
    assert ids == sorted(ids)
    async with database.write() as tx:
        await tx.outbox.remove(ids[:2])
        assert [row.outbox_id for row in await tx.outbox.pending(since=clock(), limit=10)] == ids[2:]
        assert not await tx.outbox.pending(since=clock() + timedelta(seconds=1), limit=10)
        await tx.outbox.remove([])
        assert await tx.outbox.purge(before=clock() + timedelta(seconds=1)) == 1


async def test_a_reply_goes_to_the_address_given_or_to_the_newest_reachable(
    database: Database, account_id: AccountId, person: MakePerson, clock: Callable[[], datetime]
) -> None:
    gone, here = await person(external_id="501"), await person(external_id="502")
    left = Address(account_id=account_id, external_id="501")
    async with database.write() as tx:
        known = await tx.contacts.known(left)
        await tx.contacts.set_reachable(left, reachable=False, reason="blocked", at=clock())
        rows = await tx.outbox.add(
            [(Target(contact_id=gone), Reply(text="a")), (Target(contact_id=here), Reply(text="b"))], at=clock()
        )
        assert [row.contact_id for row in rows] == [here]
        # Whoever writes to us can be answered, whatever was known before.
        spoken = await tx.outbox.add(
            [(Target(contact_id=gone, address_id=known.address_id, address=left), Reply(text="c"))], at=clock()
        )
        assert [row.address for row in spoken] == [left]
        assert not await tx.outbox.add([], at=clock())


async def test_the_place_of_a_message_is_remembered(database: Database, person: MakePerson) -> None:
    contact_id = await person()
    async with database.write() as tx:
        assert await tx.outbox.slot(contact_id, slot="progress") is None
        await tx.outbox.remember_slot(contact_id, slot="progress", ref="7")
        await tx.outbox.remember_slot(contact_id, slot="progress", ref="8")
        assert await tx.outbox.slot(contact_id, slot="progress") == "8"
        assert await tx.outbox.slot(contact_id, slot="other") is None


async def test_a_question_is_answered_once(
    database: Database,
    person: MakePerson,
    officer: Callable[..., Awaitable[Officer]],
    units: dict[str, UnitId],
    clock: Callable[[], datetime],
) -> None:
    asker, by = await person(unit="06325"), await officer()
    async with database.write() as tx:
        asked = await tx.questions.ask(asker, unit_id=units["06325"], text="Hạn nộp là khi nào?", at=clock())
        question = await tx.questions.get(asked)
        assert question
        assert question.text == "Hạn nộp là khi nào?"
        assert await tx.questions.open_for(asker) == question
        assert await tx.questions.list_open(unit_id=units["06325"], limit=5) == [question]
        assert await tx.questions.list_open(unit_id=None, limit=5) == [question]
        assert not await tx.questions.list_open(unit_id=units["06211"], limit=5)
        assert await tx.questions.answer(asked, by=by.officer_id, text="Ngày 30/11.", at=clock())
        assert not await tx.questions.answer(asked, by=by.officer_id, text="Ngày 1/12.", at=clock())
        assert await tx.questions.open_for(asker) is None
        assert not await tx.questions.list_open(unit_id=None, limit=5)
