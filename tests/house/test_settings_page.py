"""Every setting stands in docs/operations.md with its default: a page that lags is worse than none."""

import importlib
import re
from collections.abc import Callable
from pathlib import Path

from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

PAGE = Path("docs/operations.md")


def settings_classes() -> list[type[BaseSettings]]:
    module = importlib.import_module("bot.settings")
    found = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, BaseSettings)]
    return [value for value in found if value.__module__ == module.__name__]


def written(default: object) -> str:
    """A default as the page writes it."""
    if default in (None, "", PydanticUndefined):
        return "none"
    if isinstance(default, bool):
        return f"`{default}`".lower()
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def defaults() -> dict[str, str]:
    """Environment variable -> its default as the page writes it."""
    return {
        f"{settings.model_config.get('env_prefix', '')}{name}".upper(): written(field.default)
        for settings in settings_classes()
        for name, field in settings.model_fields.items()
    }


def test_every_setting_is_documented_with_its_default(read: Callable[[Path], str]) -> None:
    expected = defaults()
    assert len(expected) >= 10
    assert all(name.startswith("LOATRE_") for name in expected)
    rows = dict(re.findall(r"^\| `(LOATRE_\w+)` \| ([^|]+?) \|", read(PAGE), re.MULTILINE))
    wrong = {name: default for name, default in expected.items() if rows.get(name) != default}
    assert not wrong, f"{len(expected)} settings looked at; missing in {PAGE}, or there with another default: {wrong}"


def test_the_page_names_no_setting_that_is_gone(read: Callable[[Path], str]) -> None:
    named = set(re.findall(r"\bLOATRE_[A-Z][A-Z_]*[A-Z]\b", read(PAGE)))
    assert len(named) >= 10
    gone = named - defaults().keys()
    assert not gone, f"{len(named)} names looked at; in {PAGE} but in no settings class: {sorted(gone)}"
