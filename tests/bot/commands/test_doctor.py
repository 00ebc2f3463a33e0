"""What `loatre doctor` finds, by the thing that is wrong."""

import datetime as dt
import json
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.app import Condition
from bot.commands.checks.finding import Code, Finding, Level
from bot.commands.checks.machine import check_disk, check_env_file, check_evidence
from bot.commands.checks.province import check_pack, check_population, check_second_officer
from bot.commands.checks.store import check_database
from content.catalog import LANGUAGES, Catalog
from outreach.clock import system_clock
from outreach.messaging import AccountId, Address, ContactId
from outreach.officers import Role
from outreach.pack import Pack
from outreach.reach.model import Denominator
from outreach.units import UnitId
from simulator.config import DEFAULT_TOKEN
from storage.database import Database
from tests.bot.commands.conftest import KEY, Install, Invoke, Shell, at, found


@pytest.fixture
async def somebody(database: Database, account_id: AccountId) -> ContactId:
    """Known, and nothing more."""
    async with database.write() as tx:
        address = Address(account_id=account_id, external_id="501")
        return await tx.contacts.create(address, source="", at=system_clock())


@pytest.mark.parametrize("code", Code)
def test_every_finding_has_words_and_what_is_amiss_says_what_to_do(code: Code) -> None:
    texts = Catalog().texts
    for language in LANGUAGES:
        assert f"doctor.{code}.what" in texts[language]
        assert (f"doctor.{code}.do" in texts[language]) is not code.endswith("_ok")


def test_no_words_without_a_finding() -> None:
    told = {key.split(".")[1] for key in Catalog().texts["vi"] if key.startswith("doctor.")}
    assert told == {*Code, "sum"}


async def test_before_the_first_run(install: Install) -> None:
    findings = await found(install(secret_key=None, telegram_token=None, hotline="", address="", official_page=""))
    assert at(Level.BROKEN, findings) == {Code.KEY_MISSING, Code.TOKEN_MISSING}
    assert at(Level.WARN, findings) == {
        Code.DATABASE_MISSING,
        Code.HOTLINE_UNSET,
        Code.ADDRESS_UNSET,
        Code.OFFICIAL_PAGE_UNSET,
        Code.BACKUP_UNKNOWN,
    }
    assert not Path("var").exists(), "looking makes no file"


async def test_a_whole_installation(
    install: Install, sqlite_url: str, database: Database, units: dict[str, UnitId], somebody: ContactId
) -> None:
    async with database.write() as tx:
        await tx.officers.grant(somebody, role=Role.ADMIN, unit_id=None, by=None, at=system_clock())
        another = await tx.contacts.create(
            Address(account_id=AccountId(1), external_id="502"), source="", at=system_clock()
        )
        await tx.officers.grant(another, role=Role.EDITOR, unit_id=None, by=None, at=system_clock())
    year = system_clock().year
    rows = [
        Denominator(unit_id=unit_id, year=year + ahead, count=1000, source="thử", dated_on=dt.date(year, 1, 1))
        for code, unit_id in units.items()
        if code != "elsewhere"
        for ahead in (0, 1)
    ]
    async with database.write() as tx:
        await tx.denominators.put(rows, by=None, at=system_clock())
    findings = await found(install(database_url=sqlite_url))
    assert at(Level.BROKEN, findings) == set()
    assert at(Level.WARN, findings) <= {Code.BACKUP_UNKNOWN, Code.SQLITE_OLD}
    assert findings[Code.TELEGRAM_OK].data["username"] == "LoaTreBot"
    assert findings[Code.DATABASE_OK].data["people"] == 2
    assert Code.NO_ADMIN not in findings
    assert Code.POPULATION_OK in findings
    assert findings[Code.SECOND_OFFICER_OK].data == {"above": 1000, "senders": 2}


# The database and the key


async def test_a_file_that_is_no_database(install: Install, tmp_path: Path) -> None:
    (tmp_path / "other.db").write_text("no database at all, but long enough to be looked at\n" * 10)
    findings = await found(install(database_url=f"sqlite+aiosqlite:///{tmp_path / 'other.db'}"))
    assert at(Level.BROKEN, findings) == {Code.DATABASE_UNREACHABLE}


async def test_a_server_that_is_not_there(install: Install) -> None:
    findings = await found(install(database_url="postgresql+asyncpg://user:hush@127.0.0.1:1/name"))
    assert at(Level.BROKEN, findings) == {Code.DATABASE_UNREACHABLE}
    assert "hush" not in str(findings[Code.DATABASE_UNREACHABLE].data)


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("DELETE FROM alembic_version", Code.DATABASE_BEHIND),
        ("UPDATE alembic_version SET version_num = 'f0f0f0'", Code.DATABASE_NEWER),
    ],
)
async def test_a_database_of_another_shape(install: Install, sqlite_url: str, statement: str, code: Code) -> None:
    connection = sqlite3.connect(sqlite_url.partition("///")[2])
    connection.execute(statement)
    connection.commit()
    connection.close()
    assert at(Level.BROKEN, await found(install(database_url=sqlite_url))) == {code}


async def test_data_that_another_key_has_sealed(
    install: Install, sqlite_url: str, database: Database, somebody: ContactId
) -> None:
    async with database.write() as tx:
        await tx.questions.ask(somebody, unit_id=None, text="Hỏi một câu", at=system_clock())
    other = await found(install(database_url=sqlite_url))
    assert at(Level.BROKEN, other) == {Code.KEY_OTHER}
    same = await found(install(database_url=sqlite_url, secret_key="a secret of the tests, long enough to be one"))
    assert at(Level.BROKEN, same) == set()
    assert Code.NO_ADMIN in at(Level.WARN, same)


def test_an_old_sqlite_and_another_journal(install: Install) -> None:
    def codes(version: str, journal: str) -> set[Code]:
        condition = Condition(engine="sqlite", file=Path("x"), version=version, journal=journal, current=True)
        return {finding.code for finding in check_database(condition, settings=install())}

    assert {Code.SQLITE_OLD, Code.JOURNAL_WRONG} <= codes("3.51.2", "delete")
    assert not {Code.SQLITE_OLD, Code.JOURNAL_WRONG} & codes("3.51.3", "wal")
    assert Code.SQLITE_OLD not in codes("3.100.0", "wal")


# The province and the machine


def test_nobody_to_approve(langson: Pack) -> None:
    alone = Condition(engine="sqlite", current=True, admins=1, senders=1)
    (finding,) = check_second_officer(alone, pack=langson)
    assert (finding.code, finding.level) == (Code.SECOND_OFFICER_MISSING, Level.WARN)
    unwanted = replace(langson, sending=replace(langson.sending, approval_above=0))
    assert not list(check_second_officer(alone, pack=unwanted))


def test_a_population_that_is_not_whole(langson: Pack) -> None:
    condition = Condition(engine="sqlite", current=True, populations=frozenset({langson.units[0].code}))
    (finding,) = check_population(condition, pack=langson, year=2027)
    assert (finding.code, finding.level) == (Code.POPULATION_MISSING, Level.WARN)
    assert finding.data == {"year": 2027, "missing": len(langson.units), "total": len(langson.units) + 1}


def test_what_a_pack_leaves_open(langson: Pack) -> None:
    codes = [finding.code for finding in check_pack(langson)]
    assert codes == [Code.PACK_OK, Code.HOTLINE_UNSET, Code.ADDRESS_UNSET, Code.OFFICIAL_PAGE_UNSET]


async def test_a_pack_that_is_not_there(install: Install) -> None:
    assert at(Level.BROKEN, await found(install(pack="atlantis"))) == {Code.PACK_BROKEN}


def test_folders_and_files(tmp_path: Path) -> None:
    def code(findings: Iterator[Finding]) -> Code:
        (finding,) = findings
        return finding.code

    (tmp_path / "a_file").write_text("")
    assert code(check_evidence(tmp_path / "new" / "evidence")) == Code.EVIDENCE_OK
    assert not (tmp_path / "new").exists()
    assert code(check_evidence(tmp_path / "a_file")) == Code.EVIDENCE_UNWRITABLE
    env = tmp_path / ".env"
    assert not list(check_env_file(env))
    env.touch(mode=0o600)
    assert not list(check_env_file(env))
    env.chmod(0o640)
    assert code(check_env_file(env)) == Code.ENV_READABLE


@pytest.mark.parametrize(("free", "code"), [(99, Code.DISK_FULL), (999, Code.DISK_LOW), (1001, Code.DISK_OK)])
def test_room_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, code: Code) -> None:
    asked = []

    def usage(folder: Path) -> Any:
        asked.append(folder)
        return shutil._ntuple_diskusage(10**12, 0, free * 10**6)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    (finding,) = check_disk(tmp_path / "var" / "deep")
    assert finding.code == code
    assert asked == [tmp_path]


# As a command


def test_as_lines_and_for_scripts(invoke: Invoke) -> None:
    code, said = invoke("doctor", secret_key=KEY, telegram_token=DEFAULT_TOKEN)
    assert code == 0, said
    assert "✓ Telegram nhận token: Loa Trẻ (@LoaTreBot)." in said
    assert "Telegram accepts the token" in said
    assert said.rstrip().splitlines()[-2].startswith("Không có gì hỏng, ")
    assert DEFAULT_TOKEN not in said
    assert KEY not in said

    code, said = invoke("doctor", "--json", secret_key=KEY, telegram_token="7000001:hush_hush")
    told = json.loads(said)
    assert code == 1
    assert (told["ok"], told["broken"]) == (False, 1)
    (row,) = (row for row in told["findings"] if row["level"] == "broken")
    assert row["code"] == "token_wrong"
    assert set(row) == {"level", "code", "data", "vi", "en"}
    assert set(row["vi"]) == {"what", "do"}
    assert "hush_hush" not in said


def test_settings_that_cannot_be_read(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LOATRE_PROT=80\n")
    code, said = invoke("doctor")
    assert code == 1
    assert "LOATRE_PROT is no setting" in said


async def test_a_bad_line_is_named_and_nothing_else_is_written(shell: Shell) -> None:
    (shell.folder / ".env").write_text("LOATRE_HOTLINE=1022\nhush hush\n")
    code, said = await shell.run("doctor")
    assert code == 1
    assert "✗ Cài đặt không dùng được: .env, line 2: cannot be read" in said
    assert "✓" not in said
    assert "dotenv" not in said
    assert "hush" not in said
