"""{{ xa }} and {{ don_vi }}: filled in for each reader, true for whoever has no unit, and nothing else passes."""

import pytest

from content.catalog import Catalog
from content.placeholders import fill, unknown_in, values_for
from outreach.directory import UnitDirectory
from outreach.pack import Pack
from outreach.units import ELSEWHERE, UnitId

CATALOG = Catalog()


@pytest.fixture
def directory(langson: Pack) -> UnitDirectory:
    ids = {code: UnitId(number) for number, code in enumerate((row.code for row in langson.units), start=10)}
    ids |= {langson.province.code: UnitId(1), ELSEWHERE: UnitId(2)}
    return UnitDirectory({row.code: row for row in langson.units}, ids, langson.province.code)


def test_a_commune_is_called_as_in_the_pack(directory: UnitDirectory) -> None:
    values = values_for(CATALOG, units=directory, unit_id=directory.id_of("06325"))
    text = "{{ xa }} mở lớp. Mời bạn ở {{Xã}} đăng ký. {{ đơn vị }} chờ bạn."
    assert fill(text, values) == "Xã Bắc Sơn mở lớp. Mời bạn ở xã Bắc Sơn đăng ký. Đoàn xã Bắc Sơn chờ bạn."


@pytest.mark.parametrize("unit", [None, UnitId(2), UnitId(1)])
def test_who_has_no_unit_reads_something_true(directory: UnitDirectory, unit: UnitId | None) -> None:
    values = values_for(CATALOG, units=directory, unit_id=unit)
    assert fill("Tin cho {{ xa }} của {{ don_vi }}", values) == "Tin cho xã, phường của bạn của tổ chức Đoàn nơi bạn ở"
    assert "your commune" in values_for(CATALOG, units=directory, unit_id=unit, language="en").values()


def test_what_cannot_be_filled_in_is_named_as_it_was_written() -> None:
    assert unknown_in(["{{ xa }} và {{don_vi}}", "{{ Đơn Vị }}"]) == ()
    assert unknown_in(["Chào {{ ten }}, {{ ten }}", "{{ xa", "{{}}"]) == ("{{ ten }}", "{{", "{{}}")
