"""The English line under a Vietnamese one is English throughout, the values in it as well."""

from pathlib import Path

import pytest
from markupsafe import Markup, escape

from bot.demo.echo import EchoCatalog
from content.packs.loader import load_pack


@pytest.fixture
def catalog() -> EchoCatalog:
    made = EchoCatalog()
    made.learn(load_pack("langson"))
    return made


def test_values_that_were_said_before(catalog: EchoCatalog) -> None:
    role, place = catalog.label("duty.role_admin"), "tỉnh Lạng Sơn"
    text = catalog.say("duty.ended", role=role, place=place, name="Tỉnh đoàn Lạng Sơn")
    assert catalog.english(text) == catalog.english(f" {text}\n")
    english = catalog.english(text)
    for word in ("Administrator", "province Lạng Sơn", "Lạng Sơn Youth Union"):
        assert word in english
    assert "Quản trị" not in english
    assert "tỉnh" not in english


def test_values_put_together_of_several(catalog: EchoCatalog) -> None:
    parts = [catalog.label(f"campaign.excluded.{code}", count=2, cap=2) for code in ("stopped", "unreachable")]
    assert catalog._value(", ".join(parts)) == "2 have stopped, 2 have blocked"
    assert catalog._value([{"why": parts[0]}, 7]) == [{"why": "2 have stopped"}, 7]
    assert catalog._value(escape(parts[1])) == Markup("2 have blocked")


def test_what_people_write_stays_as_it_is(catalog: EchoCatalog) -> None:
    catalog.label("campaign.to_all")
    assert catalog._value("Tất cả chúng mình") == "Tất cả chúng mình"
    path = Path("x")
    assert catalog._value(path) is path
