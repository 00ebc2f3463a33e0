"""The texts: TOML files of Jinja2 templates, the same keys in every language, escaped by where they land."""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from babel.numbers import format_decimal
from jinja2 import DictLoader, Environment, StrictUndefined

from outreach.clock import VIETNAM

FOLDER = Path(__file__).parent / "texts"
LANGUAGES = ("vi", "en")


class TextError(Exception):
    """A text file that cannot be used: which file, which key, what is wrong."""


def load_texts(folder: Path, *, language: str) -> dict[str, str]:
    """Key -> template, from every TOML file of a language; keys are "<file>.<name>", deeper tables joined by dots."""
    found: dict[str, str] = {}
    for path in sorted((folder / language).glob("*.toml")):
        try:
            found |= _flat(tomllib.loads(path.read_text(encoding="utf-8")), prefix=path.stem)
        except tomllib.TOMLDecodeError as error:
            raise TextError(f"{language}/{path.name}: {error}") from error
    return found


def _flat(table: Mapping[str, Any], *, prefix: str) -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in table.items():
        name = f"{prefix}.{key}"
        if isinstance(value, dict):
            flat |= _flat(value, prefix=name)
        elif isinstance(value, str):
            flat[name] = value.strip()
        else:
            raise TextError(f"{name} is no text")
    return flat


class Catalog:
    """Says a text by key. `say` is for messages (HTML subset), `label` for buttons, toasts and cells (plain)."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.texts = {language: load_texts(folder, language=language) for language in LANGUAGES}
        self._html = {language: _environment(self.texts[language], language, escape=True) for language in LANGUAGES}
        self._plain = {language: _environment(self.texts[language], language, escape=False) for language in LANGUAGES}

    def say(self, key: str, *, language: str = "vi", **values: object) -> str:
        """Raises jinja2's UndefinedError for a missing value and TemplateNotFound for a missing key: never a gap in a text."""
        return self._html[language].get_template(key).render(**values).strip()

    def label(self, key: str, *, language: str = "vi", **values: object) -> str:
        return self._plain[language].get_template(key).render(**values).strip()

    def has(self, key: str) -> bool:
        return key in self.texts["vi"]


def _environment(texts: dict[str, str], language: str, *, escape: bool) -> Environment:
    environment = Environment(
        loader=DictLoader(texts),
        autoescape=escape,  # noqa: S701  (off only for what never lands in HTML)
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    environment.filters.update(
        number=lambda value: number(value, language=language),
        percent=lambda value: percent(value, language=language),
        span=lambda low, high: span(low, high, language=language),
        percents=lambda low, high: percents(low, high, language=language),
        counted=lambda value, one, many="": counted(value, one, many, language=language),
        day=day,
        clock=clock,
    )
    return environment


def number(value: int | Decimal, *, language: str = "vi") -> str:
    """1204 -> "1.204" in Vietnamese, "1,204" in English."""
    return str(format_decimal(value, locale=language))


def counted(value: int, one: str, many: str = "", *, language: str = "en") -> str:
    """1, "person", "people" -> "1 person", 2 -> "2 people"; without `many` an s is put to `one`."""
    return f"{number(value, language=language)} {one if value == 1 else many or f'{one}s'}"


def percent(value: Decimal, *, language: str = "vi") -> str:
    """Decimal("71.2") -> "71,2%"; the value is already in per cent and already cut off."""
    return f"{format_decimal(value, format='#,##0.0', locale=language, decimal_quantization=False)}%"


def span(low: int | Decimal, high: int | Decimal, *, language: str = "vi") -> str:
    """8120, 8400 -> "8.120 – 8.400"; one number where both are the same."""
    return " – ".join(number(value, language=language) for value in ((low, high) if low != high else (high,)))


def percents(low: Decimal, high: Decimal, *, language: str = "vi") -> str:
    """Decimal("70.1"), Decimal("72.5") -> "70,1 – 72,5%"."""
    shown = percent(high, language=language)
    return shown if low == high else f"{percent(low, language=language).removesuffix('%')} – {shown}"


def day(value: date | datetime) -> str:
    """dd/mm/yyyy, by the day in Vietnam."""
    local = value.astimezone(VIETNAM) if isinstance(value, datetime) else value
    return f"{local:%d/%m/%Y}"


def clock(value: datetime) -> str:
    return f"{value.astimezone(VIETNAM):%H:%M}"
