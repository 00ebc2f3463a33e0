"""Reads a province pack from its folder and says which file and which key to mend when something is wrong."""

import csv
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast, get_type_hints

from pydantic import TypeAdapter, ValidationError

from content.packs.checks import Finding, findings, unit_findings
from outreach.pack import Pack, Page, SampleNews
from outreach.text import nfc
from outreach.units import Gazetteer, OldUnit, UnitRow

PACKS = Path(__file__).parent
LANGUAGES = ("vi", "en")

_FENCE = "+++"
_FROM_OTHER_FILES = {"code", "units", "old_units", "pages", "news", "gazetteer"}

Record = TypeVar("Record")


class PackError(Exception):
    """What is wrong, in which file and under which key, and how to mend it; one line for an operator."""

    def __init__(self, problem: str, *, path: Path, key: str = "", mend: str = "") -> None:
        self.path = path
        self.key = key
        where = f"{path.parent.name}/{path.name}" + (f", {key}" if key else "")
        super().__init__(f"{where}: {problem}." + (f" {mend}." if mend else ""))


def pack_names(root: Path = PACKS) -> tuple[str, ...]:
    """The packs there are, by the name that LOATRE_PACK takes."""
    return tuple(sorted(path.parent.name for path in root.glob("*/pack.toml")))


def load_pack(name: str, *, root: Path = PACKS) -> Pack:
    """The whole pack, checked. Raises PackError at the first thing that is missing, unknown, ill-formed or at odds."""
    folder = root / name
    settings = folder / "pack.toml"
    if name not in pack_names(root):
        known = ", ".join(pack_names(root))
        raise PackError(f"there is no pack {name!r}", path=settings, mend=f"Set LOATRE_PACK to one of: {known}")
    values = _settings(settings)
    units = tuple(_rows(folder / "units.csv", UnitRow))
    old_units = tuple(_rows(folder / "old-units.csv", OldUnit))
    _check(unit_findings(units, old_units=old_units), folder=folder)
    province = values["province"]
    gazetteer = Gazetteer(units=units, old=old_units, province=[province.name, *province.spellings])
    pages = tuple(_page(path) for path in sorted(folder.glob("pages/*/*.md")))
    news = tuple(_news(path) for path in sorted(folder.glob("news/*.md")))
    pack = Pack(code=name, units=units, old_units=old_units, gazetteer=gazetteer, pages=pages, news=news, **values)
    _check(findings(pack), folder=folder)
    return pack


def _check(found: Iterable[Finding], *, folder: Path) -> None:
    for finding in found:
        raise PackError(finding.problem, path=folder / finding.file, key=finding.key, mend=finding.mend)


def _settings(path: Path) -> dict[str, Any]:
    given = _toml(_text(path), path=path)
    wanted = {name: hint for name, hint in get_type_hints(Pack).items() if name not in _FROM_OTHER_FILES}
    for key in given.keys() - wanted.keys():
        raise PackError("nothing reads this", path=path, key=key, mend="Correct its spelling or take it out")
    for key in wanted.keys() - given.keys():
        raise PackError("is missing", path=path, key=key, mend="Add it; the pack langson shows how")
    return {key: _checked(hint, given[key], path=path, key=key) for key, hint in wanted.items()}


@cache
def _adapter(hint: Any) -> TypeAdapter[Any]:
    return TypeAdapter(hint)


def _checked(hint: type[Record], value: object, *, path: Path, key: str = "") -> Record:
    """`value` as an instance of `hint`; unknown keys anywhere inside are refused, since a misspelt one would do nothing."""
    adapter: TypeAdapter[Record] = _adapter(cast("Any", hint))
    try:
        record = adapter.validate_python(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in (key, *first["loc"]) if part != "")
        given = "" if first["type"] == "missing" else f" (given: {first['input']!r})"
        raise PackError(first["msg"] + given, path=path, key=where, mend="Correct the value") from error
    for unknown in _unknown(value, adapter.dump_python(record), at=key):
        raise PackError("nothing reads this", path=path, key=unknown, mend="Correct its spelling or take it out")
    return record


def _unknown(given: object, kept: object, *, at: str) -> Iterator[str]:
    if isinstance(given, Mapping) and isinstance(kept, Mapping):
        for name, value in given.items():
            here = f"{at}.{name}" if at else str(name)
            if name in kept:
                yield from _unknown(value, kept[name], at=here)
            else:
                yield here
    elif isinstance(given, list) and isinstance(kept, list | tuple):
        for number, (value, other) in enumerate(zip(given, kept, strict=True)):
            yield from _unknown(value, other, at=f"{at}.{number}")


def _rows(path: Path, record: type[Record]) -> Iterator[Record]:
    """The rows of a CSV file as records; columns that the record does not have are for human readers."""
    wanted = set(get_type_hints(record))
    reader = csv.DictReader(_text(path).splitlines())
    for missing in sorted(wanted - set(reader.fieldnames or ())):
        raise PackError("the column is missing", path=path, key=missing, mend="Add it to the first line")
    for row in reader:
        values = {name: value for name, value in row.items() if name in wanted}
        if values.get("kind"):
            values["kind"] = values["kind"].lower()
        yield _checked(record, values, path=path, key=f"line {reader.line_num}")


def _page(path: Path) -> Page:
    front, body = _fenced(path)
    return _checked(Page, front | {"key": path.stem, "language": path.parent.name, "body": body}, path=path)


def _news(path: Path) -> SampleNews:
    front, body = _fenced(path)
    paragraphs = [" ".join(block.split()) for block in body.split("\n\n")]
    return _checked(SampleNews, front | {"key": path.stem, "paragraphs": paragraphs}, path=path)


def _fenced(path: Path) -> tuple[dict[str, Any], str]:
    """The TOML between two lines of +++ and the text behind it."""
    parts = _text(path).split(f"{_FENCE}\n", maxsplit=2)
    if len(parts) != 3 or parts[0].strip() or not parts[2].strip():  # noqa: PLR2004  (nothing, settings, text)
        mend = f"Begin with a line {_FENCE}, TOML and a second line {_FENCE}, then the text"
        raise PackError("the heading or the text is missing", path=path, mend=mend)
    return _toml(parts[1], path=path), parts[2].strip()


def _toml(text: str, *, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PackError(f"this is not TOML: {error}", path=path, mend="Correct that line") from error


def _text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise PackError("the file is missing", path=path, mend="Add it; the pack langson shows how") from error
    except UnicodeDecodeError as error:
        raise PackError("the file is not UTF-8", path=path, mend="Save it as UTF-8") from error
    return nfc(text)
