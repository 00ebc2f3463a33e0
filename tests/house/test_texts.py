"""The two catalogues say the same things, and the Vietnamese one speaks as agreed."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, StrictUndefined, TemplateSyntaxError, meta

LANGUAGES = ("vi", "en")
FORBIDDEN = re.compile(r"\bhệ thống\b|\bvui lòng\b|\bđăng ký thành công\b|\blỗi không xác định\b|(?<!trẻ )\bem\b")
EMOJI = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}"
    "|(?:[\U0001f300-\U0001faff\u2600-\u26ff\u2705\u270a-\u270d\u2728\u274c\u274e\u2753-\u2757\u2764\u2795-\u2797\u2b50\u2b55\u231a\u231b\u23e9-\u23f3]"
    "[\ufe0f\U0001f3fb-\U0001f3ff]*\u200d?)+"
)
JINJA = Environment(undefined=StrictUndefined, autoescape=True)
JINJA.filters.update(dict.fromkeys(("number", "percent", "day", "clock"), str))  # content/catalog.py has the real ones
JINJA.filters.update(dict.fromkeys(("span", "percents"), lambda low, high: f"{low}{high}"))
JINJA.filters["counted"] = lambda value, *words: f"{value} {words[-1]}"

Texts = dict[str, str]


def flatten(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every text under its dotted key; a list of texts counts as that many texts."""
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from flatten(value, f"{name}.")
        elif isinstance(value, list):
            yield from flatten({str(n): item for n, item in enumerate(value)}, f"{name}.")
        else:
            assert isinstance(value, str), f"{name} is no text: {value!r}"
            yield name, value


def placeholders(text: str) -> set[str]:
    return meta.find_undeclared_variables(JINJA.parse(text))


@pytest.fixture(scope="module")
def catalogues(files: list[Path], root: Path) -> dict[str, Texts]:
    """Language -> "file:key" -> text."""
    found: dict[str, Texts] = {language: {} for language in LANGUAGES}
    for path in files:
        if path.parts[:2] == ("content", "texts") and path.suffix == ".toml":
            table = tomllib.loads((root / path).read_text(encoding="utf-8"))
            found[path.parts[2]].update({f"{path.stem}:{key}": text for key, text in flatten(table)})
    assert all(len(texts) > 0 for texts in found.values())
    return found


def test_both_languages_have_the_same_keys(catalogues: dict[str, Texts]) -> None:
    vietnamese, english = (set(catalogues[language]) for language in LANGUAGES)
    assert not vietnamese ^ english, f"in one language only: {sorted(vietnamese ^ english)}"


def test_both_languages_have_the_same_placeholders(catalogues: dict[str, Texts]) -> None:
    looked_at = 0
    different = {}
    for key in catalogues["vi"].keys() & catalogues["en"].keys():
        looked_at += 1
        vietnamese, english = (placeholders(catalogues[language][key]) for language in LANGUAGES)
        if vietnamese != english:
            different[key] = vietnamese ^ english
    assert looked_at > 0
    assert not different, f"{looked_at} texts looked at: {different}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_parses_is_composed_and_not_empty(catalogues: dict[str, Texts], language: str) -> None:
    wrong = []
    for key, text in catalogues[language].items():
        try:
            JINJA.parse(text)
        except TemplateSyntaxError as error:
            wrong.append(f"{key}: {error}")
        if not unicodedata.is_normalized("NFC", text):
            wrong.append(f"{key}: not NFC")
        if not text.strip():
            wrong.append(f"{key}: empty")
    assert not wrong, f"{len(catalogues[language])} texts looked at: {wrong}"


def test_no_word_of_an_office_counter(catalogues: dict[str, Texts]) -> None:
    """Of what is said to people; keys that end in "_words" hold what people say."""
    said = {key: text for key, text in catalogues["vi"].items() if not key.endswith("_words")}
    found = {key: match.group() for key, text in said.items() if (match := FORBIDDEN.search(text.lower()))}
    assert not found, f"{len(catalogues['vi'])} texts looked at: {found}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_at_most_one_emoji_in_a_text(catalogues: dict[str, Texts], language: str) -> None:
    found = {key: n for key, text in catalogues[language].items() if (n := len(EMOJI.findall(text))) > 1}
    assert not found, f"{len(catalogues[language])} texts looked at: {found}"


def test_the_measures_see_what_they_look_for() -> None:
    assert FORBIDDEN.search("chào em nhé")
    assert FORBIDDEN.search("vui lòng nhập lại")
    assert not FORBIDDEN.search("trẻ em, xem thêm")
    assert len(EMOJI.findall("Xong 🎉 rồi ✅")) == 2
    assert len(EMOJI.findall("🇻🇳 · 👩‍🎓")) == 2
    assert not EMOJI.findall("• → – ✓ 70,5%")
    assert placeholders("{{ a.b }} {% if c %}x{% endif %}") == {"a", "c"}
