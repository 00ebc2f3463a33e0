"""Every setting stands in docs/operations.md with its default: a page that lags is worse than none."""

import importlib
import re
from collections.abc import Callable
from pathlib import Path

from pydantic_settings import BaseSettings

PAGE = Path("docs/operations.md")


def settings_classes() -> list[type[BaseSettings]]:
    module = importlib.import_module("bot.settings")
    found = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, BaseSettings)]
    return [value for value in found if value.__module__ == module.__name__]


def environment_names(settings: type[BaseSettings]) -> list[str]:
    prefix = settings.model_config.get("env_prefix", "")
    return [f"{prefix}{name}".upper() for name in settings.model_fields]


def test_every_setting_is_documented(read: Callable[[Path], str]) -> None:
    names = [name for settings in settings_classes() for name in environment_names(settings)]
    assert len(names) >= 10
    assert all(name.startswith("LOATRE_") for name in names)
    page = read(PAGE)
    missing = [name for name in names if not re.search(rf"\b{name}\b", page)]
    assert not missing, f"{len(names)} settings looked at; not in {PAGE}: {missing}"


def test_the_page_names_no_setting_that_is_gone(read: Callable[[Path], str]) -> None:
    names = {name for settings in settings_classes() for name in environment_names(settings)}
    written = set(re.findall(r"\bLOATRE_[A-Z][A-Z_]*[A-Z]\b", read(PAGE)))
    assert len(written) >= 10
    assert not written - names, f"in {PAGE} but in no settings class: {sorted(written - names)}"
