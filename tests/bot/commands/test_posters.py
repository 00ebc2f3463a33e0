"""`loatre posters`, and the page it prints."""

import json
from pathlib import Path

import pytest

from content.catalog import Catalog
from content.reports.poster import Way, poster_page
from outreach.pack import Pack
from outreach.posters import Poster, PosterId
from simulator.config import DEFAULT_TOKEN
from tests.bot.commands.conftest import KEY, Invoke
from tests.conftest import NOW


@pytest.fixture
def loatre(invoke: Invoke, sqlite_url: str) -> Invoke:
    def run(*arguments: str) -> tuple[int, str]:
        return invoke(*arguments, secret_key=KEY, telegram_token=DEFAULT_TOKEN, database_url=sqlite_url)

    return run


def test_a_poster_from_its_code_to_its_end(loatre: Invoke, tmp_path: Path) -> None:
    made = ("posters", "add", "--code", "bs 01", "--title", "Tin cho bạn trẻ", "--unit", "06325")
    assert loatre(*made) == (0, "poster BS01: Tin cho bạn trẻ\n")
    assert loatre(*made) == (
        2,
        "loatre: posters: The code BS01 was used before; old posters may still hang, so another one is needed.\n",
    )
    code, said = loatre("posters", "list", "--format", "json")
    [row] = json.loads(said)
    assert (code, row["code"], row["unit"], row["ended"]) == (0, "BS01", "06325", None)
    page = tmp_path / "bs01.html"
    assert loatre("posters", "print", "BS01", "--output", str(page))[0] == 0
    text = page.read_text(encoding="utf-8")
    assert "xã Bắc Sơn" in text
    assert text.count("<svg") == 1
    assert loatre("posters", "end", "bs01") == (0, "poster bs01: ended\n")
    assert loatre("posters", "end", "bs01") == (1, "loatre: there is no poster bs01\n")
    assert loatre("posters", "print", "BS01", "--output", str(page)) == (1, "loatre: there is no poster BS01\n")
    assert "BS01" in loatre("posters", "list")[1]


@pytest.mark.parametrize(
    ("given", "why"),
    [(("--code", "2009"), "letters, then figures"), (("--code", "BS01", "--unit", "1"), "there is no unit 1")],
)
def test_what_cannot_be_is_one_line(loatre: Invoke, given: tuple[str, ...], why: str) -> None:
    code, said = loatre("posters", "add", "--title", "x", *given)
    assert code == 2
    assert why in said


def test_zalo_comes_first_and_asks_for_the_code(langson: Pack) -> None:
    poster = Poster(poster_id=PosterId(1), code="BS01", title="<Đọc> tin", unit_id=None, created_at=NOW)
    ways = [
        Way(channel="zalo_oa", name="Tỉnh đoàn <Lạng Sơn>", link="https://zalo.me/4000", carries=False),
        Way(channel="telegram", name="@LoaTreBot", link="https://t.me/LoaTreBot?start=src_bs01", carries=True),
    ]
    page = poster_page(poster, place="", ways=ways, pack=langson, catalog=Catalog())
    assert page.count("<svg") == 2
    first, second = page.split("<svg")[1:]
    assert "nhắn <b>BS01</b> cho Tỉnh đoàn &lt;Lạng Sơn&gt;" in first
    assert "Telegram" in second
    assert "nhắn" not in second
    assert "&lt;Đọc&gt; tin</h1>" in page
