"""How a text is filled in: figures and days as each language writes them, escaping by target, no gap where a value is missing."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from content.catalog import Catalog, TextError, counted, load_texts

TEXTS = {
    "number": "{{ value | number }}",
    "percent": "{{ value | percent }}",
    "day": "{{ value | day }}",
    "clock": "{{ value | clock }}",
    "plain": "Chào {{ value }}",
    "deep.inside": "xã {{ value }}",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The same texts in both languages, one of them in a table of its own."""
    flat = "\n".join(f'{key} = "{text}"' for key, text in TEXTS.items() if "." not in key)
    for language in ("vi", "en"):
        (tmp_path / language).mkdir()
        (tmp_path / language / "say.toml").write_text(f'{flat}\n[deep]\ninside = "{TEXTS["deep.inside"]}"\n')
    return tmp_path


@pytest.fixture
def catalog(folder: Path) -> Catalog:
    return Catalog(folder)


@pytest.mark.parametrize(
    ("name", "value", "vietnamese", "english"),
    [
        ("number", 0, "0", "0"),
        ("number", 999, "999", "999"),
        ("number", 1204, "1.204", "1,204"),
        ("number", 1_234_567, "1.234.567", "1,234,567"),
        ("number", Decimal("70.5"), "70,5", "70.5"),
        ("percent", Decimal("71.2"), "71,2%", "71.2%"),
        ("percent", Decimal(70), "70,0%", "70.0%"),
        ("percent", Decimal("1234.5"), "1.234,5%", "1,234.5%"),
        ("day", date(2026, 11, 2), "02/11/2026", "02/11/2026"),
        ("day", datetime(2026, 11, 21, 17, 0, tzinfo=UTC), "22/11/2026", "22/11/2026"),
        ("clock", datetime(2026, 11, 22, 1, 46, tzinfo=UTC), "08:46", "08:46"),
        ("clock", datetime(2026, 11, 21, 17, 0, tzinfo=UTC), "00:00", "00:00"),
    ],
)
def test_figures_days_and_hours(catalog: Catalog, name: str, value: object, vietnamese: str, english: str) -> None:
    for language, expected in (("vi", vietnamese), ("en", english)):
        assert catalog.say(f"say.{name}", language=language, value=value) == expected
        assert catalog.label(f"say.{name}", language=language, value=value) == expected


def test_a_share_is_cut_off_by_who_counts_and_never_rounded_up_here(catalog: Catalog) -> None:
    """69.95 must not be shown as the target of 70: what is given is shown."""
    assert catalog.say("say.percent", value=Decimal("69.9")) == "69,9%"
    assert "70" not in catalog.say("say.percent", value=Decimal("69.95"))


@pytest.mark.parametrize("language", ["vi", "en"])
def test_what_people_wrote_is_escaped_in_messages_and_plain_on_buttons(catalog: Catalog, language: str) -> None:
    rude = '<b>"Hoa" & co</b>'
    said = catalog.say("say.plain", language=language, value=rude)
    assert said == "Chào &lt;b&gt;&#34;Hoa&#34; &amp; co&lt;/b&gt;"
    assert catalog.label("say.plain", language=language, value=rude) == f"Chào {rude}"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_missing_value_or_text_is_an_error_and_not_a_gap(catalog: Catalog, language: str) -> None:
    for speak in (catalog.say, catalog.label):
        with pytest.raises(UndefinedError, match="value"):
            speak("say.plain", language=language)
        with pytest.raises(TemplateNotFound, match=r"say\.nothing"):
            speak("say.nothing", language=language)


def test_deeper_tables_are_joined_by_dots(catalog: Catalog) -> None:
    assert catalog.say("say.deep.inside", value="Bắc Sơn") == "xã Bắc Sơn"
    assert catalog.has("say.deep.inside")
    assert not catalog.has("say.deep")


@pytest.mark.parametrize(("broken", "words"), [("a = ", "say.toml"), ("a = 5", r"say\.a is no text")])
def test_a_file_that_cannot_be_used_is_named(folder: Path, broken: str, words: str) -> None:
    (folder / "vi" / "say.toml").write_text(broken)
    with pytest.raises(TextError, match=words):
        load_texts(folder, language="vi")


@pytest.mark.parametrize(
    ("value", "words", "said"),
    [
        (1, ("minute",), "1 minute"),
        (0, ("minute",), "0 minutes"),
        (1204, ("person", "people"), "1,204 people"),
        (1, ("piece of evidence", "pieces of evidence"), "1 piece of evidence"),
    ],
)
def test_one_and_many(value: int, words: tuple[str, ...], said: str) -> None:
    assert counted(value, *words) == said


def test_english_says_one_piece_and_two_pieces() -> None:
    catalog = Catalog()
    told = [catalog.say("nominate.pieces_done", language="en", count=count) for count in (1, 2)]
    assert told == ["1 piece of evidence.", "2 pieces of evidence."]
