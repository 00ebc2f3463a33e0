"""A rule as one sentence, in both languages; what is not set is not said."""

from dataclasses import replace

import pytest

from content.audience import audience_words
from content.catalog import Catalog
from outreach.campaigns.audience import Named
from outreach.campaigns.model import Audience, AudienceKind
from outreach.directory import UnitDirectory
from outreach.messaging import CampaignId, ChannelName
from outreach.pack import Pack
from outreach.units import ELSEWHERE, UnitId

FIRST = CampaignId(1)
NAMED = Named(titles={FIRST: "Học bổng 2026"}, posters={"src_06325-bs01": "THPT Bắc Sơn"})
BOTH = (ChannelName.TELEGRAM, ChannelName.ZALO_OA)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog()


@pytest.fixture(scope="module")
def units(langson: Pack) -> UnitDirectory:
    rows = {row.code: row for row in langson.units}
    codes = [langson.province.code, ELSEWHERE, *rows]
    return UnitDirectory(rows, {code: UnitId(n) for n, code in enumerate(codes, start=1)}, langson.province.code)


# With the units by code.
CASES: list[tuple[Audience, tuple[str, ...], str, str]] = [
    (Audience(), (), "tất cả", "everybody"),
    (Audience(), ("06325",), "xã Bắc Sơn", "xã Bắc Sơn"),
    (
        Audience(
            kind=AudienceKind.NOT_REACHED,
            ages=(16, 22),
            topics=("awards",),
        ),
        ("06325", "05977"),
        "thanh niên 16–22 tuổi ở xã Bắc Sơn, phường Đông Kinh, quan tâm Giải thưởng, tôn vinh, chưa nhận tin nào kỳ này",
        (
            "young people aged 16–22 in xã Bắc Sơn, phường Đông Kinh, interested in Awards and honours, "
            "who were told nothing yet in this period"
        ),
    ),
    (
        Audience(kind=AudienceKind.NOT_REACHED),
        (),
        "người chưa nhận tin nào kỳ này",
        "people who were told nothing yet in this period",
    ),
    (Audience(ages=(33, 33)), (), "người 33 tuổi", "people aged 33"),
    (
        Audience(channels=BOTH, sources=("src_06325-bs01", "src_06325-thpt", "src_tet", "")),
        (),
        (
            "người dùng Telegram hoặc Zalo, đến từ áp phích BS01 (THPT Bắc Sơn) hoặc áp phích xã Bắc Sơn (thpt) hoặc đường dẫn tet "
            "hoặc tự tìm đến"
        ),
        (
            "people using Telegram or Zalo, who came by poster BS01 (THPT Bắc Sơn) or the poster of xã Bắc Sơn (thpt) or the link tet "
            "or themselves"
        ),
    ),
    (
        Audience(not_received=FIRST),
        (),
        "người chưa nhận tin “Học bổng 2026”",
        "people who have not got “Học bổng 2026”",
    ),
    (
        Audience(not_opened=FIRST),
        ("06325",),
        "người ở xã Bắc Sơn, đã nhận mà chưa mở tin “Học bổng 2026”",
        "people in xã Bắc Sơn, who got “Học bổng 2026” and have not opened it",
    ),
    (
        Audience(kind=AudienceKind.RECEIVED, corrects=FIRST),
        (),
        "những người đã nhận tin “Học bổng 2026”",
        "those who got “Học bổng 2026”",
    ),
    (
        Audience(kind=AudienceKind.RECEIVED, corrects=FIRST, not_received=FIRST),
        (),
        "những người đã nhận tin “Học bổng 2026”, chưa nhận tin “Học bổng 2026”",
        "those who got “Học bổng 2026”, who have not got “Học bổng 2026”",
    ),
]


@pytest.mark.parametrize(("audience", "codes", "vi", "en"), CASES)
def test_the_sentence(
    catalog: Catalog,
    langson: Pack,
    units: UnitDirectory,
    audience: Audience,
    codes: tuple[str, ...],
    vi: str,
    en: str,
) -> None:
    meant = replace(audience, unit_ids=tuple(units.id_of(code) for code in codes))
    for language, said in (("vi", vi), ("en", en)):
        found = audience_words(meant, named=NAMED, catalog=catalog, pack=langson, units=units, language=language)
        assert found == said


def test_of_many_units_the_first_are_named(catalog: Catalog, langson: Pack, units: UnitDirectory) -> None:
    every = Audience(unit_ids=tuple(unit_id for unit_id, _ in units.communes))
    found = audience_words(every, named=NAMED, catalog=catalog, pack=langson, units=units, language="vi")
    assert found.count(",") == 5
    assert found.endswith(f" và {len(units.communes) - 6} đơn vị khác")
