"""`loatre campaigns` as scripts call it: found by state and words, shown in full, reported, exported, steered."""

import asyncio
import json
from pathlib import Path

import openpyxl
import pytest

from outreach.campaigns.model import Audience, CampaignKind, CampaignState, CheckQuestion, Content, DeliveryState
from outreach.messaging import Address, CampaignId, OfficerId
from simulator.config import DEFAULT_TOKEN
from storage import tables as t
from storage.campaigns import content_columns
from storage.database import Database
from storage.types import Keyring
from tests.bot.commands.conftest import KEY, Invoke
from tests.conftest import NOW

QUESTION = CheckQuestion(text="Đã rõ chưa?", options=("Có", "Không"), right=0)


@pytest.fixture
def loatre(invoke: Invoke, sqlite_url: str) -> Invoke:
    """On a database with a draft, and a campaign that runs: one of four got it, one was stopped, one failed, one waits."""

    def run(*arguments: str, **settings: str) -> tuple[int, str]:
        given = {"secret_key": KEY, "telegram_token": DEFAULT_TOKEN, "database_url": sqlite_url}
        return invoke(*arguments, **(given | settings))

    run("officers", "add", "--address", "501", "--role", "admin")
    asyncio.run(_fill(sqlite_url))
    return run


async def _fill(url: str) -> None:
    database = Database(url, keyring=Keyring(KEY))
    async with database.write() as tx:
        for title in ("Học bổng", "=1+1 kế hoạch"):
            content = Content(title=title, paragraphs=("Một đoạn.",), counts=True, question=QUESTION)
            await tx.campaigns.add(content=content, audience=Audience(), by=OfficerId(1), unit_id=None, at=NOW)
        number = CampaignId(2)
        await tx.campaigns.move(number, state=CampaignState.PREPARING, at=NOW, not_before=NOW)
        await tx.ledger.finish_freezing(number, at=NOW)
        await tx.campaigns.move(number, state=CampaignState.RUNNING, at=NOW)
        account_id = (await tx.connection.execute(t.account.select())).first()
        assert account_id
        rows = {
            DeliveryState.SENT: "",
            DeliveryState.SKIPPED: "stopped",
            DeliveryState.FAILED: "bad_request",
            DeliveryState.PENDING: "",
        }
        for person, (state, reason) in enumerate(rows.items()):
            address = Address(account_id=account_id.id, external_id=str(700 + person))
            contact_id = await tx.contacts.create(address, source="", at=NOW)
            await tx.connection.execute(
                t.delivery.insert().values(
                    campaign_id=number,
                    contact_id=contact_id,
                    account_id=account_id.id,
                    version=1,
                    state=state,
                    reason=reason,
                    changed_at=NOW,
                )
            )
        counters = {state.value: 1 for state in rows}
        await tx.connection.execute(t.campaign.update().where(t.campaign.c.id == number).values(total=4, **counters))
    await database.close()


def test_the_list_is_narrowed(loatre: Invoke) -> None:
    def ids(*options: str) -> list[int]:
        code, said = loatre("campaigns", "list", "--format", "json", *options)
        assert code == 0
        return [row["id"] for row in json.loads(said)]

    assert ids() == [2, 1]
    assert ids("--limit", "1") == [2]
    assert ids("--state", "draft") == [1]
    assert ids("--search", "HOC bong") == [1]
    code, said = loatre("campaigns", "list", "--state", "lost")
    assert code == 2
    said = loatre("campaigns", "list", "--format", "csv")[1]
    assert "2;running;'=1+1 kế hoạch;1/4;0;12/10/2026 10:00" in said


def test_one_is_shown_and_reported_in_full(loatre: Invoke) -> None:
    shown = json.loads(loatre("campaigns", "show", "2", "--format", "json")[1])
    assert shown["audience"]["words"] == "everybody"
    assert shown["audience"]["units"] == []
    assert shown["plan"] == {
        "kind": "news",
        "urgent": False,
        "on_unknown": "rather_miss",
        "late_rule": "ask",
        "expires_at": None,
        "first_wave": 0,
        "in_digest": False,
    }
    assert (shown["approval"], shown["halted"], shown["version"]) == (None, [], 1)
    assert (shown["progress"], shown["wave"]) == ({"per_second": None, "ends_at": None, "others": 0}, None)
    assert shown["reasons"] == {"sent": 1, "skipped:stopped": 1, "failed:bad_request": 1, "pending": 1}
    told = json.loads(loatre("campaigns", "report", "2", "--format", "json")[1])
    assert (told["sent"], told["failed"], told["skipped"]) == (1, {"bad_request": 1}, {"stopped": 1})
    assert told["by_digest"] == 0
    assert told["by_unit"] == [{"unit": None, "sent": 1, "people": 4}]
    assert (told["alone"], told["edited_alone"], told["halted"]) == (None, [], [])
    answers = [{"option": "Có", "people": 0, "right": True}, {"option": "Không", "people": 0, "right": False}]
    assert told["question"] == {"text": "Đã rõ chưa?", "answers": answers}
    assert told["by_channel"][0]["channel"] == "telegram"
    assert told["coverage"]["population"] is None
    assert "chưa rõ đơn vị;1;4" in loatre("campaigns", "report", "2", "--format", "csv")[1]
    assert "rather_miss" in loatre("campaigns", "show", "2")[1]


def test_a_first_wave_is_shown_while_others_wait_for_it(loatre: Invoke, sqlite_url: str) -> None:
    async def keep() -> None:
        database = Database(sqlite_url, keyring=Keyring(KEY))
        async with database.write() as tx:
            of_two = t.campaign.update().where(t.campaign.c.id == 2).values(wave_last_id=3, wave_opens_at=NOW)
            await tx.connection.execute(of_two)
        await database.close()

    asyncio.run(keep())
    wave = json.loads(loatre("campaigns", "show", "2", "--format", "json")[1])["wave"]
    assert wave == {"left": 0, "sent": 1, "blocked": 0, "failed": 1, "unknown": 0, "opens_at": NOW.isoformat()}


def test_a_digest_counts_where_one_of_its_lines_does(loatre: Invoke, sqlite_url: str) -> None:
    """Its own words do not."""

    async def make() -> None:
        database = Database(sqlite_url, keyring=Keyring(KEY))
        async with database.write() as tx:
            words = content_columns(Content(title="Bản tin tuần", paragraphs=()))
            digest = t.campaign.update().where(t.campaign.c.id == 2).values(kind=CampaignKind.DIGEST, **words)
            await tx.connection.execute(digest)
            await tx.connection.execute(t.digest_item.insert().values(delivery_id=1, campaign_id=1))
        await database.close()

    asyncio.run(make())
    listed = json.loads(loatre("campaigns", "list", "--state", "running", "--format", "json")[1])
    shown, report = (json.loads(loatre("campaigns", how, "2", "--format", "json")[1]) for how in ("show", "report"))
    assert [one["counts"] for one in (*listed, shown, report)] == [True, True, True]
    assert report["coverage"]


def test_recipients_are_exported(loatre: Invoke, tmp_path: Path) -> None:
    missed = json.loads(loatre("campaigns", "recipients", "2", "--outcome", "missed")[1])
    assert [(row["number"], row["outcome"], row["reason"]) for row in missed] == [
        (2, "skipped", "stopped"),
        (3, "failed", "bad_request"),
        (4, "pending", ""),
    ]
    file = tmp_path / "failed.csv"
    code, said = loatre("campaigns", "recipients", "2", "--outcome", "failed", "--format", "csv", "--output", str(file))
    assert (code, said) == (0, f"{file}\n")
    assert [line.split(";")[0] for line in file.read_text("utf-8-sig").splitlines()] == ["STT", "3"]
    book = tmp_path / "all.xlsx"
    assert loatre("campaigns", "recipients", "2", "--format", "xlsx", "--output", str(book))[0] == 0
    page = openpyxl.load_workbook(book).worksheets[0]
    assert [row[0] for row in page.iter_rows(values_only=True)] == ["=1+1 kế hoạch", "STT", 1, 2, 3, 4]
    assert not [cell for row in page.iter_rows() for cell in row if cell.data_type == "f"]
    assert loatre("campaigns", "recipients", "2", "--format", "xlsx")[0] == 2
    nowhere = str(tmp_path / "no" / "where.csv")
    assert loatre("campaigns", "recipients", "2", "--format", "csv", "--output", nowhere)[0] == 1


def test_one_is_paused_resumed_and_cancelled(loatre: Invoke) -> None:
    def state() -> str:
        return str(json.loads(loatre("campaigns", "show", "2", "--format", "json")[1])["state"])

    for step, becomes in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        assert loatre("campaigns", step, "2")[0] == 0
        assert state() == becomes
    code, said = loatre("campaigns", "pause", "2")
    assert (code, said.count("\n")) == (1, 1)


@pytest.mark.parametrize("command", ["report", "recipients"])
def test_a_campaign_that_is_not_there(loatre: Invoke, command: str) -> None:
    assert loatre("campaigns", command, "9") == (1, "loatre: there is no campaign 9\n")
