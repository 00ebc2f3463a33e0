"""officers, campaigns, news, population, coverage: each on a database of its own, as scripts would call them."""

import asyncio
import csv
import io
import json
import re
from pathlib import Path

import openpyxl
import pytest

from outreach.campaigns.model import Audience, Content
from outreach.messaging import OfficerId
from simulator.config import DEFAULT_TOKEN
from storage.database import Database
from storage.types import Keyring
from tests.bot.commands.conftest import KEY, Invoke
from tests.conftest import NOW

PAGE = """Kế hoạch phát hiện, bồi dưỡng, phát huy tài năng trẻ
Ủy ban nhân dân tỉnh vừa ban hành Kế hoạch số 136/KH-UBND, ngày 10/6/2024 về phát hiện, bồi dưỡng, phát huy tài năng trẻ.
Mỗi năm có ít nhất 70% thanh niên được cung cấp thông tin về chính sách tài năng trẻ của tỉnh.
"""


@pytest.fixture
def loatre(invoke: Invoke, sqlite_url: str) -> Invoke:
    """On a migrated database, with key and token."""

    def run(*arguments: str, **settings: str) -> tuple[int, str]:
        given = {"secret_key": KEY, "telegram_token": DEFAULT_TOKEN, "database_url": sqlite_url}
        return invoke(*arguments, **(given | settings))

    return run


def book(path: Path, *rows: list[object]) -> Path:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet
    sheet.append(["Mã", "Đơn vị", "Số thanh niên", "Nguồn", "Ngày"])
    for row in rows:
        sheet.append(row)
    made.save(path)
    return path


@pytest.mark.parametrize(
    "command",
    [
        ("campaigns", "list"),
        ("officers", "list"),
        ("news", "list"),
        ("coverage", "--year", "2026"),
        ("officers", "invite", "--role", "admin"),
    ],
)
def test_without_a_database_it_is_one_line(invoke: Invoke, command: tuple[str, ...]) -> None:
    code, said = invoke(*command, secret_key=KEY, telegram_token=DEFAULT_TOKEN)
    assert code == 2
    assert "run `loatre migrate`" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("url", ["sqlite+aiosqlite:///other.db", "postgresql+asyncpg://user:hush@127.0.0.1:1/name"])
def test_a_database_that_migrate_does_not_mend(invoke: Invoke, tmp_path: Path, url: str) -> None:
    (tmp_path / "other.db").write_text("no database at all, but long enough to be looked at\n" * 10)
    code, said = invoke("news", "list", secret_key=KEY, database_url=url)
    assert (code, said.count("\n")) == (2, 1)
    assert "see `loatre doctor`" in said
    assert "migrate" not in said
    assert "hush" not in said


# Officers


def test_officers_are_added_listed_and_revoked(loatre: Invoke) -> None:
    assert loatre("officers", "add", "--channel", "telegram", "--address", "501", "--role", "admin")[0] == 0
    assert loatre("officers", "add", "--address", "502", "--role", "officer", "--unit", "06325")[0] == 0
    code, said = loatre("officers", "list", "--format", "json")
    assert code == 0
    rows = json.loads(said)
    assert [(row["id"], row["role"], row["unit"]) for row in rows] == [(1, "admin", None), (2, "officer", "06325")]
    code, said = loatre("officers", "list")
    assert "xã Bắc Sơn" in said
    assert not re.search(r"(?<!\d)502(?!\d)", said), "no address; a time may hold these digits"
    assert loatre("officers", "revoke", "2") == (0, "officer 2: revoked\n")
    code, said = loatre("officers", "revoke", "2")
    assert (code, said) == (1, "loatre: there is no officer 2\n")
    assert loatre("officers", "revoke", "1")[0] == 0, "the command line may end the last admin"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("--address", "502", "--role", "officer"),
            "officers: This role belongs to a commune, so a unit has to be chosen first.",
        ),
        (("--address", "502", "--role", "officer", "--unit", "99999"), "no unit 99999"),
        (("--address", "hoa", "--role", "admin"), "is a number"),
        (("--address", "1", "--role", "admin", "--channel", "zalo_oa"), "not built yet"),
    ],
)
def test_officers_that_cannot_be_added(loatre: Invoke, arguments: tuple[str, ...], words: str) -> None:
    code, said = loatre("officers", "add", *arguments)
    assert code == 2
    assert words in said
    assert json.loads(loatre("officers", "list", "--format", "json")[1]) == []


def test_the_second_role_of_one_person_ends_the_first(loatre: Invoke) -> None:
    for role in ("admin", "editor"):
        loatre("officers", "add", "--address", "501", "--role", role)
    rows = json.loads(loatre("officers", "list", "--format", "json")[1])
    assert [row["role"] for row in rows] == ["editor"]


def test_an_invitation_is_a_link_to_the_bot(loatre: Invoke) -> None:
    code, said = loatre("officers", "invite", "--role", "reviewer", "--unit", "06325")
    assert code == 0
    assert re.match(r"https://t\.me/LoaTreBot\?start=cb_[\w-]{16}\n", said)
    code, said = loatre("officers", "invite", "--role", "officer")
    assert (code, said) == (2, "loatre: officers: This role belongs to a commune, so a unit has to be chosen first.\n")


# Campaigns


def test_the_list_of_campaigns_fits_eighty_columns(loatre: Invoke, sqlite_url: str) -> None:
    loatre("officers", "add", "--address", "501", "--role", "admin")
    title = "Kế hoạch phát hiện, bồi dưỡng, phát huy tài năng trẻ trên địa bàn tỉnh"

    async def add() -> None:
        database = Database(sqlite_url, keyring=Keyring(KEY))
        async with database.write() as tx:
            content = Content(title=title, paragraphs=("Một đoạn.",))
            await tx.campaigns.add(content=content, audience=Audience(), by=OfficerId(1), unit_id=None, at=NOW)
        await database.close()

    asyncio.run(add())
    code, said = loatre("campaigns", "list")
    assert code == 0
    lines = said.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1].replace("┃", " ").split() == ["id", "state", "title", "sent", "unknown", "started"]
    assert re.search(r"│ 1 +│ draft +│ Kế hoạch .*│ 0/0 +│ 0 +│ +│", said)
    assert [row["title"] for row in json.loads(loatre("campaigns", "list", "--format", "json")[1])] == [title]


@pytest.mark.parametrize("command", ["show", "pause", "resume", "cancel"])
def test_a_campaign_that_is_not_there(loatre: Invoke, command: str) -> None:
    assert loatre("campaigns", command, "1") == (1, "loatre: there is no campaign 1\n")


# News


def test_pages_are_imported_once_and_bad_files_do_not_stop_the_rest(loatre: Invoke, tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "a.txt").write_text(PAGE, encoding="utf-8")
    (folder / "b.html").write_text(
        "<html><body><h1>Kế hoạch phát hiện, bồi dưỡng, phát huy tài năng trẻ</h1>"
        + "".join(f"<p>{line}</p>" for line in PAGE.splitlines()[1:])
        + "</body></html>",
        encoding="utf-8",
    )
    (folder / "c.pdf").write_bytes(b"%PDF-1.4 broken")
    code, said = loatre("news", "import", str(folder), str(tmp_path / "missing.txt"))
    assert code == 0
    assert (
        "1 new | Kế hoạch phát hiện, bồi dưỡng, phát huy tài năng trẻ | 136/KH-UBND, 10/06/2024 | policy, counts"
        in said
    )
    assert "1 known" in said, "the same page from another format is one item"
    assert "c.pdf: unreadable" in said
    assert "missing.txt: No such file" in said
    rows = json.loads(loatre("news", "list", "--format", "json")[1])
    assert [(row["id"], row["state"], row["counts"]) for row in rows] == [(1, "draft", True)]
    assert rows[0]["documents"][0]["signed_on"] == "2024-06-10"
    assert "Mỗi năm có ít nhất 70%" in loatre("news", "show", "1")[1]
    assert json.loads(loatre("news", "show", "1", "--format", "json")[1])["paragraphs"]
    assert loatre("news", "show", "9") == (1, "loatre: there is no news item 9\n")


def test_when_no_file_can_be_read_it_fails(loatre: Invoke, tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_text("")
    code, said = loatre("news", "import", str(empty))
    assert code == 1
    assert said == f"{empty}: empty\n"


def test_only_pages_are_taken_from_a_folder(loatre: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of an installation: keys and the database lie beside the pages."""
    monkeypatch.chdir(tmp_path)
    secret = "A line that is long enough to be taken for a page, with a secret in it.\n" * 5
    for name in (".hidden.txt", "notes.json", "Makefile"):
        (tmp_path / name).write_text(secret)
    (tmp_path / ".dots").mkdir()
    (tmp_path / ".dots" / "a.txt").write_text(secret)
    (tmp_path / "link.txt").symlink_to(tmp_path / ".hidden.txt")
    assert loatre("news", "import", ".") == (
        1,
        ".: nothing readable was found (.txt .html .htm .md .docx .pdf)\n",
    )
    for name in (".hidden.txt", "notes.json", "Makefile", ".dots", "link.txt"):
        assert loatre("news", "import", name) == (1, f"{name}: cannot be read\n")
    for nothing in ("", "  "):
        code, said = loatre("news", "import", nothing)
        assert (code, said.count("\n")) == (2, 1)
        assert "a path is empty" in said
    (tmp_path / "PAGE.TXT").write_text(PAGE, encoding="utf-8")
    (tmp_path / "page.htm").write_text(f"<h1>{PAGE.splitlines()[0]}</h1><p>{PAGE}</p>", encoding="utf-8")
    code, said = loatre("news", "import", ".", ".hidden.txt")
    assert code == 0
    assert len(said.splitlines()) == 3
    assert "1 new | Kế hoạch phát hiện" in said
    assert ".hidden.txt: cannot be read" in said
    assert "secret" not in loatre("news", "list", "--format", "json")[1]


@pytest.mark.parametrize(
    ("command", "what"),
    [
        (("campaigns", "show"), "campaign"),
        (("campaigns", "pause"), "campaign"),
        (("campaigns", "resume"), "campaign"),
        (("campaigns", "cancel"), "campaign"),
        (("news", "show"), "news item"),
        (("officers", "revoke"), "officer"),
    ],
)
def test_a_number_that_no_row_can_have(loatre: Invoke, command: tuple[str, ...], what: str) -> None:
    for number in ("99999999999999999999", str(2**63), "0"):
        assert loatre(*command, number) == (1, f"loatre: there is no {what} {number}\n")


# Populations and coverage


def test_populations_are_written_whole_or_not_at_all(loatre: Invoke, tmp_path: Path) -> None:
    bad = book(tmp_path / "bad.xlsx", ["06325", "Bắc Sơn", 900], ["99999", "", 5], ["06463", "", "nhiều"])
    code, said = loatre("population", "import", str(bad), "--year", "2026", "--source", "Niên giám")
    assert code == 1
    assert "Dòng 3: không có đơn vị nào mã “99999”" in said
    assert "Dòng 4: “nhiều” không phải số người" in said
    assert "nothing was written" in said
    assert json.loads(loatre("coverage", "--year", "2026", "--format", "json")[1])["units"][0]["population"] is None

    good = book(tmp_path / "good.xlsx", ["20", "", "188.000"], ["06325", "Bắc Sơn", 900, "riêng", "31/12/2025"])
    code, said = loatre("population", "import", str(good), "--year", "2026", "--source", "Niên giám")
    assert (code, said) == (0, "2 rows written for 2026\n")
    found = json.loads(loatre("coverage", "--year", "2026", "--format", "json")[1])
    assert found["province"]["population"]["count"] == 188_000
    assert found["province"]["population"]["source"] == "Niên giám"
    assert (found["province"]["percent"], found["province"]["missing"]) == (0.0, 131_600)
    bac_son = next(row for row in found["units"] if row["code"] == "06325")
    assert bac_son["population"] == {"count": 900, "year": 2026, "source": "riêng", "dated_on": "2025-12-31"}

    (tmp_path / "no.xlsx").write_bytes(b"nothing")
    code, said = loatre("population", "import", str(tmp_path / "no.xlsx"), "--year", "2026", "--source", "x")
    assert code == 1
    assert "không phải file Excel" in said
    assert "chạy lại lệnh" in said
    assert "gửi lại" not in said


def test_coverage_in_every_form(loatre: Invoke, tmp_path: Path) -> None:
    found = json.loads(loatre("coverage", "--period", "calendar-2026", "--format", "json")[1])
    assert found["period"] == {
        "code": "calendar-2026",
        "name": "Năm 2026",
        "first_on": "2026-01-01",
        "last_on": "2026-12-31",
    }
    assert (len(found["units"]), found["province"]["percent"], found["elsewhere"]) == (65, None, 0)
    one = json.loads(loatre("coverage", "--year", "2026", "--unit", "06325", "--format", "json")[1])
    assert one["province"] is None
    assert [row["name"] for row in one["units"]] == ["xã Bắc Sơn"]

    assert "xã Bắc Sơn" in loatre("coverage", "--year", "2026")[1]
    assert loatre("coverage", "--year", "2026", "--output", str(tmp_path / "a.txt"))[0] == 0
    assert "xã Bắc Sơn" in (tmp_path / "a.txt").read_text(encoding="utf-8")

    assert loatre("coverage", "--year", "2026", "--format", "csv", "--output", str(tmp_path / "a.csv"))[0] == 0
    content = (tmp_path / "a.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert len(rows) == 67
    assert [row[1] for row in rows[:3]] == ["Mã", "20", "05977"]

    assert loatre("coverage", "--year", "2026", "--format", "xlsx", "--output", str(tmp_path / "a.xlsx"))[0] == 0
    book_read = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book_read.active
    assert any(row[1] == "06325" for row in book_read.active.iter_rows(values_only=True))


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "either --year or --period"),
        (("--year", "2026", "--period", "calendar-2026"), 2, "either --year or --period"),
        (("--period", "quarter-2026"), 2, "known are calendar-YEAR"),
        (("--year", "2026", "--unit", "1"), 2, "no unit 1"),
        (("--year", "2026", "--format", "xlsx"), 2, "needs --output"),
        (("--year", "2026", "--output", "/proc/none/a"), 1, "No such file"),
    ],
)
def test_coverage_asked_wrongly(loatre: Invoke, arguments: tuple[str, ...], code: int, words: str) -> None:
    left, said = loatre("coverage", *arguments)
    assert left == code
    assert words in said
    assert "Traceback" not in said


def test_cells_that_could_be_formulas(loatre: Invoke, tmp_path: Path) -> None:
    good = book(tmp_path / "good.xlsx", ["20", "", 10, "+SUM(1)", "31/12/2025"])
    assert loatre("population", "import", str(good), "--year", "2026", "--source", "x")[0] == 0
    loatre("coverage", "--year", "2026", "--format", "csv", "--output", str(tmp_path / "a.csv"))
    assert ";'+SUM(1);" in (tmp_path / "a.csv").read_text(encoding="utf-8-sig")
