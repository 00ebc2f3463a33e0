"""`loatre setup` as a process, typed at and scripted, and what it leaves behind."""

import asyncio
import os
import re
import signal
import sqlite3
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.settings import load_settings
from outreach.officers import Role
from simulator.client import Client
from simulator.config import DEFAULT_TOKEN, DEFAULT_ZALO_BOT_TOKEN
from tests.bot.commands.conftest import Invoke, Running, Shell

LINK = r"https://t\.me/LoaTreBot\?start=(cb_[A-Za-z0-9_-]{16})\s"
BLOCKS = re.compile(r"[█▀▄]{20,}")


@pytest.fixture
async def bare(shell: Shell) -> Shell:
    """A folder in which nothing was set up; only the server is the pretend one."""
    shell.environment = {"telegram_base_url": shell.environment["telegram_base_url"], "port": "0"}
    return shell


def env_of(folder: Path) -> dict[str, str]:
    """What stands in `.env`, as the program itself reads it."""
    settings = load_settings(_env_file=folder / ".env")
    return {
        "token": settings.telegram_token.get_secret_value() if settings.telegram_token else "",
        "key": settings.secret_key.get_secret_value() if settings.secret_key else "",
        "pack": settings.pack,
        "hotline": settings.hotline,
        "address": settings.address,
        "official_page": settings.official_page,
    }


def rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(folder / "var" / "loatre.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


WHOLE = (
    "--token",
    DEFAULT_TOKEN,
    "--hotline",
    "0205 381 2000",
    "--address",
    r"Số 2 đường Trần Hưng Đạo, nhà 'A\B' #5",
    "--official-page",
    "https://tinhdoan.example",
)


@pytest.mark.slow
async def test_scripted_from_nothing_to_the_first_administrator(bare: Shell, simulator: Client, person: int) -> None:
    code, said = await bare.run("setup", "--yes", *WHOLE)
    assert code == 0, said
    file = bare.folder / ".env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    kept = env_of(bare.folder)
    assert kept | {"key": ""} == {
        "token": DEFAULT_TOKEN,
        "key": "",
        "pack": "langson",
        "hotline": WHOLE[3],
        "address": WHOLE[5],
        "official_page": WHOLE[7],
    }
    assert len(kept["key"]) >= 32
    assert kept["key"] not in said
    assert DEFAULT_TOKEN not in said
    assert {path.name for path in bare.folder.iterdir()} == {".env", "var"}
    assert rows(bare.folder, "SELECT state, count(*) FROM news_item GROUP BY state") == [("draft", 3)]
    assert BLOCKS.search(said)
    assert f"WorkingDirectory={bare.folder}" in said
    assert "-m bot run" in said

    # The first to open the link, and nobody after her, becomes the administrator.
    found = re.search(LINK, said)
    assert found
    running = await bare.start("run")
    await running.until("is running")
    await take_office(simulator, person, payload=found.group(1))
    other = await simulator.person()
    await simulator.order(f"people/{other}/start", {"payload": found.group(1)})
    await answered(simulator, other)
    running.process.send_signal(signal.SIGTERM)
    assert await running.ended() == 0
    assert rows(bare.folder, "SELECT role, unit_id, count(*) FROM officer WHERE ended_at IS NULL GROUP BY 1, 2") == [
        (Role.ADMIN, None, 1)
    ]

    # Done again: nothing is replaced, no second link is made, the news are not doubled.
    before = file.read_bytes()
    code, said = await bare.run("setup", "--yes")
    assert code == 0, said
    assert file.read_bytes() == before
    assert not re.search(LINK, said)
    assert rows(bare.folder, "SELECT count(*) FROM news_item") == [(3,)]
    code, said = await bare.run("doctor")
    assert code == 0, said
    assert "Chưa có quản trị viên" not in said


async def answered(simulator: Client, person: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(60):
        while not (found := [row for row in (await simulator.chat(person))["messages"] if row["from"] == "bot"]):
            await asyncio.sleep(0.02)
    return found


async def take_office(simulator: Client, person: int, *, payload: str) -> None:
    """Open the link and press the first button, which agrees."""
    await simulator.order(f"people/{person}/start", {"payload": payload})
    (offer,) = await answered(simulator, person)
    (agree, _), *_ = offer["inline"]
    await simulator.order(f"people/{person}/tap", {"message_id": offer["message_id"], "data": agree["data"]})
    async with asyncio.timeout(60):
        while len(await answered(simulator, person)) < 2:
            await asyncio.sleep(0.02)


def test_a_wrong_token_changes_nothing(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# ours\nLOATRE_HOTLINE=123\n")
    code, said = invoke("setup", "--yes", "--token", "7000001:hush_hush")
    assert code == 1
    assert "Telegram không nhận token này" in said
    assert "hush_hush" not in said
    assert file.read_text() == "# ours\nLOATRE_HOTLINE=123\n"
    assert not (tmp_path / "var").exists()


def test_what_can_be_no_token_is_not_taken_to_telegram(invoke: Invoke, tmp_path: Path) -> None:
    code, said = invoke("setup", "--yes", "--token", "hush_hush")
    assert code == 1
    assert "Đây không phải token" in said
    assert "Telegram không nhận token này" not in said
    assert "LOATRE_TELEGRAM_TOKEN cannot" not in said
    assert "hush_hush" not in said
    assert not (tmp_path / ".env").exists()


def test_without_a_token_and_without_questions(invoke: Invoke, tmp_path: Path) -> None:
    code, said = invoke("setup", "--yes")
    assert code == 1
    assert "--token" in said
    assert not (tmp_path / ".env").exists()


def test_away_from_telegram_all_the_rest_is_done(invoke: Invoke, tmp_path: Path) -> None:
    code, said = invoke("setup", "--yes", *WHOLE, telegram_base_url="http://127.0.0.1:9")
    assert code == 1, "the link is still missing"
    assert "Không tới được http://127.0.0.1:9" in said
    assert env_of(tmp_path)["token"] == DEFAULT_TOKEN
    assert rows(tmp_path, "SELECT count(*) FROM news_item") == [(3,)]
    assert not re.search(LINK, said)
    code, said = invoke("setup", "--yes")
    assert code == 0, said
    assert re.search(LINK, said)


def test_a_new_link_ends_the_unused_ones(invoke: Invoke, tmp_path: Path) -> None:
    """Whoever finds yesterday's terminal must not become the administrator."""
    states = "SELECT state FROM invitation ORDER BY id"
    code, said = invoke("setup", "--yes", *WHOLE)
    assert code == 0
    assert "không còn hiệu lực" not in said
    assert invoke("officers", "invite", "--role", "editor")[0] == 0
    code, said = invoke("setup", "--yes")
    assert code == 0
    assert "chưa dùng từ trước (1) không còn hiệu lực" in said
    assert re.search(LINK, said)
    assert rows(tmp_path, states) == [("refused",), ("open",), ("open",)]


def test_a_folder_where_the_file_should_be(invoke: Invoke, tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    code, said = invoke("setup", "--yes", *WHOLE)
    assert code == 1
    assert said.splitlines()[-1] == ".env is a folder: move it away, or run this elsewhere."
    assert not (tmp_path / "var").exists()
    code, said = invoke("news", "list")
    assert (code, said) == (2, "loatre: .env is a folder: move it away, or run this elsewhere.\n")


def test_a_lost_key_is_not_made_anew(invoke: Invoke, tmp_path: Path) -> None:
    code, said = invoke("setup", "--yes", *WHOLE)
    assert code == 0, said
    connection = sqlite3.connect(tmp_path / "var" / "loatre.db")
    connection.execute("INSERT INTO contact (subscription, created_at, changed_at) VALUES ('none', 0, 0)")
    connection.commit()
    connection.close()
    file = tmp_path / ".env"
    file.write_text(re.sub("LOATRE_SECRET_KEY=.*\n", "", file.read_text()))
    before = file.read_text()
    code, said = invoke("setup", "--yes")
    assert code == 1
    assert "đừng tạo khóa mới" in said
    assert file.read_text() == before
    code, said = invoke("setup", "--yes", "--pack", "quangninh")
    assert code == 1
    assert "người của một tỉnh khác" in said
    assert file.read_text() == before


def test_the_environment_goes_before_the_file(invoke: Invoke, tmp_path: Path) -> None:
    code, said = invoke("setup", "--yes", *WHOLE, hotline="0999")
    assert code == 0, said
    assert "LOATRE_HOTLINE đang được đặt bằng biến môi trường" in said
    assert "LOATRE_HOTLINE" not in (tmp_path / ".env").read_text()


# Typed at, on a terminal of its own


class Typist:
    """A person at a terminal: waits for a question, types the answer."""

    def __init__(self, running: Running, terminal: int) -> None:
        self.running = running
        self.terminal = terminal
        self.seen = 0

    async def answers(self, question: str, text: str) -> None:
        """Wait until the question (a pattern) and the sign to type are there, then type a line."""
        async with asyncio.timeout(60):
            while not (found := re.search(f"{question}[^›]*› ?", self.running.said[self.seen :], re.DOTALL)):
                assert self.running.process.returncode is None, self.running.said
                await asyncio.sleep(0.02)
        self.seen += found.end()
        os.write(self.terminal, f"{text}\n".encode())


@pytest.fixture
async def typist(bare: Shell) -> AsyncIterator[Callable[[], Awaitable[Typist]]]:
    terminals: list[int] = []

    async def sit_down() -> Typist:
        ours, theirs = os.openpty()
        terminals.append(ours)
        process = await asyncio.create_subprocess_exec(
            *bare.command("setup"), cwd=bare.folder, env=bare.variables(), stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        running = Running(process)

        def read() -> None:
            try:
                running.said += os.read(ours, 65536).decode(errors="replace")
            except OSError:  # the other side has hung up
                asyncio.get_running_loop().remove_reader(ours)

        asyncio.get_running_loop().add_reader(ours, read)
        running.reading = asyncio.create_task(asyncio.sleep(0.2))
        bare.started.append(running)
        return Typist(running, ours)

    yield sit_down
    for terminal in terminals:
        asyncio.get_running_loop().remove_reader(terminal)
        os.close(terminal)


@pytest.mark.slow
async def test_typed_with_second_thoughts(bare: Shell, typist: Callable[[], Awaitable[Typist]]) -> None:
    at = await typist()
    await at.answers("Chọn gói", "atlantis")
    await at.answers("Không có gói nào tên như vậy", "")
    await at.answers("dán token vào đây", "no token")
    await at.answers("Đây không phải token.*dán token vào đây", "7000001:hush_hush")
    await at.answers("dán token vào đây", DEFAULT_TOKEN)
    await at.answers("Zalo Official Account", "n")
    await at.answers("Có dùng Zalo Bot", "")
    await at.answers("Số điện thoại", "12")
    await at.answers("Đây không phải số điện thoại.*Số điện thoại", "0205 381 2000")
    # Ctrl-C in the middle of a question: what was answered stays.
    async with asyncio.timeout(60):
        while "Địa chỉ cơ quan" not in at.running.said:
            await asyncio.sleep(0.02)
    at.running.process.send_signal(signal.SIGINT)
    assert await at.running.ended() == 130
    assert "Đã dừng." in at.running.said
    assert "Traceback" not in at.running.said
    first = env_of(bare.folder)
    assert (first["token"], first["hotline"], first["address"]) == (DEFAULT_TOKEN, "0205 381 2000", "")
    assert DEFAULT_TOKEN not in at.running.said
    assert "hush_hush" not in at.running.said

    at = await typist()
    await at.answers("Chọn gói", "")
    await at.answers("Nhấn Enter để giữ, hoặc dán token khác", "")
    await at.answers("Zalo Official Account", "")
    await at.answers("Có dùng Zalo Bot", "")
    await at.answers("Số điện thoại", "0205 381 2999")
    await at.answers("Thay bằng giá trị mới", "n")
    await at.answers("Địa chỉ cơ quan", "Số 2")
    await at.answers("Trang chính thức", "tinhdoan")
    await at.answers("Trang chính thức", "")
    assert await at.running.ended() == 0, at.running.said
    assert env_of(bare.folder) == first | {"address": "Số 2"}
    assert re.search(LINK, at.running.said)


@pytest.mark.slow
async def test_typed_for_zalo_alone(bare: Shell, typist: Callable[[], Awaitable[Typist]], address: str) -> None:
    bare.environment["zalo_bot_url"] = f"{address}/zalo-bot"
    at = await typist()
    await at.answers("Chọn gói", "")
    await at.answers("dán token vào đây", "")
    await at.answers("Zalo Official Account", "y")
    await at.answers("App ID", "abc")
    await at.answers("không dùng được.*App ID", "1000000000000000001")
    await at.answers("App Secret", "example-app-secret")
    await at.answers("OA Secret Key", "example-oa-secret")
    await at.answers("Địa chỉ của máy này", "https://bot.example.vn")
    await at.answers("Có dùng Zalo Bot", "y")
    await at.answers("dán token vào đây", "nonsense")
    await at.answers("Đây không phải token của Zalo Bot.*dán token vào đây", "9000000001:hush")
    await at.answers("Zalo không nhận token này.*dán token vào đây", DEFAULT_ZALO_BOT_TOKEN)
    for question in ("Số điện thoại", "Địa chỉ cơ quan", "Trang chính thức"):
        await at.answers(question, "")
    assert await at.running.ended() == 0, at.running.said
    said = at.running.said
    assert "https://bot.example.vn/zalo/authorized" in said
    assert "loatre zalo authorize" in said
    assert re.search(r"\scb_[A-Za-z0-9_-]{16}\s", said)
    for hidden in ("example-app-secret", "example-oa-secret", "hush", DEFAULT_ZALO_BOT_TOKEN):
        assert hidden not in said
    settings = load_settings(_env_file=bare.folder / ".env")
    assert settings.telegram_token is None
    assert settings.zalo_app_id == "1000000000000000001"
    assert settings.zalo_app_secret
    assert settings.zalo_oa_secret
    assert settings.zalo_bot_token
    assert settings.public_url == "https://bot.example.vn"


def test_what_is_set_for_zalo_is_kept_and_what_is_missing_is_told(invoke: Invoke, tmp_path: Path) -> None:
    zalo = {"zalo_app_id": "1000000000000000001", "zalo_app_secret": "example-app-secret"}
    code, said = invoke("setup", "--yes", **zalo)
    assert code == 1
    assert "Zalo OA còn thiếu giá trị" in said
    whole = zalo | {"zalo_oa_secret": "example-oa-secret", "public_url": "https://bot.example.vn"}
    code, said = invoke("setup", "--yes", **whole)
    assert code == 0, said
    assert re.search(r"\scb_[A-Za-z0-9_-]{16}\s", said)
    assert "Token của bot" in said
    assert "ZALO" not in (tmp_path / ".env").read_text()


def test_the_file_is_changed_line_by_line(tmp_path: Path) -> None:
    """Other lines stay as they are; a value comes back as it was written, whatever it holds."""
    from bot.envfile import EnvFileError, change, names_in  # noqa: PLC0415  (beside what it is about)

    file = tmp_path / ".env"
    file.write_text("# a comment\nexport LOATRE_ADDRESS=1\nOTHER='x y'\nLOATRE_ADDRESS=2\n")
    file.chmod(0o644)
    odd = r"""a 'b' "c" \ \' $HOME #d = è ệ"""
    change(file, {"LOATRE_ADDRESS": odd, "LOATRE_HOTLINE": "1022"})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text().splitlines()[0] == "# a comment"
    assert "OTHER='x y'" in file.read_text().splitlines()
    assert names_in(file) == {"LOATRE_HOTLINE", "OTHER", "LOATRE_ADDRESS"}
    settings = load_settings(_env_file=file)
    assert (settings.address, settings.hotline) == (odd, "1022")

    before = file.read_bytes()
    for bad in ("two\nlines", "${HOME}"):
        with pytest.raises(EnvFileError):
            change(file, {"LOATRE_HOTLINE": bad})
    with pytest.raises(EnvFileError):
        change(tmp_path / "nowhere" / ".env", {"LOATRE_HOTLINE": "1"})
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [".env"]
