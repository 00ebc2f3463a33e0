"""Every name that ever stood for a place of the two provinces leads to the right unit or to a question that offers it."""

import csv
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.text import fold
from outreach.units import (
    Areas,
    Ask,
    Exactly,
    Gazetteer,
    Match,
    Nothing,
    OldUnit,
    Question,
    Share,
    UnitRow,
    pages,
)

PACKS = Path("content/packs")
PROVINCES = {"langson": ("Lạng Sơn", "LS"), "quangninh": ("Quảng Ninh", "QN")}
SHORT = {
    "xã": ("xã", "x.", "X", "xa "),
    "phường": ("phường", "p.", "P", "phuong "),
    "thị trấn": ("thị trấn", "tt", "TT.", "thi tran"),
    "đặc khu": ("đặc khu", "dac khu", "ĐK"),
    "huyện": ("huyện", "h.", "huyen"),
    "thị xã": ("thị xã", "tx", "TX."),
    "thành phố": ("thành phố", "tp", "TP.", "thanh pho"),
}


def split(label: str) -> tuple[str, str]:
    """The tests' own way to part kind and name, by the longest kind that fits."""
    kind = next(kind for kind in sorted(SHORT, key=len, reverse=True) if label.lower().startswith(kind + " "))
    return kind, label[len(kind) + 1 :]


@dataclass(frozen=True)
class World:
    """The data as the tests read it, without the code under test: what a folded name may mean."""

    gazetteer: Gazetteer
    new: list[dict[str, str]]
    old: list[dict[str, str]]
    by_label: dict[str, set[str]]
    by_name: dict[str, set[str]]
    by_district: dict[str, set[str]]


@cache
def world(province: str) -> World:
    with (PACKS / province / "units.csv").open(encoding="utf-8") as file:
        new = list(csv.DictReader(file))
    with (PACKS / province / "old-units.csv").open(encoding="utf-8") as file:
        old = list(csv.DictReader(file))
    by_label: dict[str, set[str]] = defaultdict(set)
    by_name: dict[str, set[str]] = defaultdict(set)
    by_district: dict[str, set[str]] = defaultdict(set)
    for label, code in [(f"{r['kind']} {r['name']}", r["code"]) for r in new] + [
        (r["old_commune"], r["new_code"]) for r in old
    ]:
        by_label[fold(label)].add(code)
        by_name[fold(split(label)[1])].add(code)
    for row in old:
        by_district[row["old_district"]].add(row["new_code"])
        by_name[fold(split(row["old_district"])[1])].add(row["new_code"])
    gazetteer = Gazetteer(
        units=[UnitRow(code=r["code"], kind=r["kind"].lower(), name=r["name"]) for r in new],
        old=[
            OldUnit(
                new_code=r["new_code"],
                old_district=r["old_district"],
                old_commune=r["old_commune"],
                share=Share(r["share"]),
            )
            for r in old
        ],
        province=PROVINCES[province],
    )
    return World(gazetteer, new, old, dict(by_label), dict(by_name), dict(by_district))


def offered(match: Match) -> set[str]:
    if isinstance(match, Exactly):
        return {match.choice.unit.code}
    if isinstance(match, Ask):
        return {choice.unit.code for choice in match.choices}
    if isinstance(match, Areas):
        return {choice.unit.code for area in match.areas for choice in area.choices}
    return {choice.unit.code for choice in match.suggestions}


def labels(match: Match) -> list[str]:
    assert isinstance(match, Ask)
    return [choice.unit.label for choice in match.choices]


@pytest.fixture(params=sorted(PROVINCES))
def place(request: pytest.FixtureRequest) -> World:
    return world(request.param)


@pytest.fixture
def langson() -> Gazetteer:
    return world("langson").gazetteer


@pytest.fixture
def quangninh() -> Gazetteer:
    return world("quangninh").gazetteer


def test_every_bare_name_is_a_question_that_offers_all_it_may_mean(place: World) -> None:
    names = {split(row["old_commune"])[1] for row in place.old} | {row["name"] for row in place.new}
    asked = 0
    for name in names:
        for text in (name, fold(name), fold(name).replace(" ", "")):
            match = place.gazetteer.find(text)
            assert isinstance(match, Ask | Areas), text
            assert offered(match) >= place.by_name[fold(name)], text
            asked += 1
    assert asked == len(names) * 3 > 400


def test_every_old_district_is_a_question_or_its_only_unit(place: World) -> None:
    for label, codes in place.by_district.items():
        kind, name = split(label)
        bare = place.gazetteer.find(fold(name))
        assert not isinstance(bare, Exactly | Nothing), name
        assert offered(bare) >= codes
        for short in SHORT[kind]:
            match = place.gazetteer.find(f"{short} {name}")
            assert offered(match) == codes, f"{short} {name}"
            assert isinstance(match, Exactly if len(codes) == 1 else Ask)
    assert len(place.by_district) in {11, 13}


def test_every_old_commune_with_its_prefix_is_right_or_asked(place: World) -> None:
    exact = 0
    for row in place.old:
        kind, name = split(row["old_commune"])
        meant = place.by_label[fold(row["old_commune"])]
        for short in SHORT[kind]:
            for text in (f"{short}{'' if short.endswith('.') else ' '}{name}", f"{short} {fold(name)}"):
                match = place.gazetteer.find(text)
                assert isinstance(match, Exactly if len(meant) == 1 else Ask), text
                assert offered(match) == meant, text
                exact += isinstance(match, Exactly)
    assert exact > len(place.old) * 4


def test_every_old_commune_with_its_district_is_right_or_asked(place: World) -> None:
    for row in place.old:
        folded = fold(row["old_commune"])
        meant = {
            other["new_code"]
            for other in place.old
            if fold(other["old_commune"]) == folded and other["old_district"] == row["old_district"]
        }
        district = split(row["old_district"])[1]
        for text in (f"{row['old_commune']}, {row['old_district']}", f"{row['old_district']} {folded}"):
            match = place.gazetteer.find(text)
            # A unit of today that bears the name and lies in the district may be meant as well.
            own = {unit["code"] for unit in place.new if fold(f"{unit['kind']} {unit['name']}") == folded}
            assert meant <= offered(match) <= meant | own, text
            if isinstance(match, Exactly):
                assert meant == offered(match), text
        assert meant <= offered(place.gazetteer.find(f"{folded} {district}"))


def test_every_unit_of_today_is_right_or_asked(place: World) -> None:
    provinces = PROVINCES["langson" if len(place.new) == 65 else "quangninh"]
    exact = 0
    for row in place.new:
        for short in SHORT[row["kind"].lower()]:
            for tail in ("", f", {provinces[0]}", f" {provinces[1]}", f" tỉnh {fold(provinces[0])}, Việt Nam"):
                match = place.gazetteer.find(f"{short} {row['name']}{tail}")
                assert row["code"] in offered(match)
                meant = place.by_label[fold(f"{row['kind']} {row['name']}")]
                assert isinstance(match, Exactly if len(meant) == 1 else Ask)
                exact += isinstance(match, Exactly)
        assert place.gazetteer.find(row["code"]) == place.gazetteer.find(row["code"].lstrip("0"))
        assert offered(place.gazetteer.find(row["code"])) == {row["code"]}
    assert exact > len(place.new) * 8


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("xã Bắc Sơn", "xã Bắc Sơn"),
        ("x. bac son", "xã Bắc Sơn"),
        ("tt Cao Lộc", "phường Kỳ Lừa"),
        ("thị trấn Cao Lộc", "phường Kỳ Lừa"),
        ("p. Tam Thanh", "phường Tam Thanh"),
        ("phường Chi Lăng", "phường Lương Văn Tri"),
        ("xã chi lăng huyện chi lăng", "xã Chi Lăng"),
        ("xã Chi Lăng, Tràng Định", "xã Thất Khê"),
        ("Huyện Bắc Sơn, xã Tân Tri", "xã Tân Tri"),
        ("xa mau son huyen cao loc", "xã Ba Sơn"),
        ("xa tan thanh van lang", "xã Hoàng Văn Thụ"),
        ("Xã Quí Hoà", "xã Quý Hòa"),
        ("thị trấn Thái Bình", "xã Thái Bình"),
        ("em ở xã Bắc Sơn ạ", "xã Bắc Sơn"),
        ("06325", "xã Bắc Sơn"),
    ],
)
def test_words_that_settle_it(langson: Gazetteer, text: str, unit: str) -> None:
    match = langson.find(unicodedata.normalize("NFD", text))
    assert isinstance(match, Exactly)
    assert match.choice.unit.label == unit


@pytest.mark.parametrize(
    ("text", "question", "units"),
    [
        ("bac son", Question.WAS_DISTRICT, ["Bắc Sơn", "Tân Tri", "Hưng Vũ", "Vũ Lễ", "Vũ Lăng", "Nhất Hòa"]),
        ("xã Chi Lăng", Question.SEVERAL, ["Chi Lăng", "Thất Khê"]),
        ("xã Tân Thanh", Question.SEVERAL, ["Hoàng Văn Thụ", "Tân Thành", "Tân Đoàn", "Nhất Hòa"]),
        ("xã Nhật Tiến", Question.SEVERAL, ["Vân Nham", "Nhất Hòa"]),
        ("xã Thuỵ Hùng", Question.SEVERAL, ["Thụy Hùng", "Đồng Đăng"]),
        ("xã Bính Xá", Question.WAS_DIVIDED, ["Đình Lập", "Kiên Mộc"]),
        ("Na Sầm", Question.IS_IT, ["Na Sầm"]),
        ("xã Kỳ Lừa", Question.IS_IT, ["Kỳ Lừa"]),
        ("thôn Nà Pò, xã Bắc Sơn, Lạng Sơn", Question.IS_IT, ["Bắc Sơn"]),
        ("không phải xã Bắc Sơn", Question.IS_IT, ["Bắc Sơn"]),
        ("xã Bắc Sơn huyện Cao Lộc", Question.IS_IT, ["Bắc Sơn"]),
        ("TP Lạng Sơn", Question.WAS_DISTRICT, ["Đông Kinh", "Lương Văn Tri", "Tam Thanh", "Kỳ Lừa"]),
    ],
)
def test_words_that_lead_to_a_question(langson: Gazetteer, text: str, question: Question, units: list[str]) -> None:
    match = langson.find(text)
    assert isinstance(match, Ask)
    assert match.question is question
    assert [choice.unit.name for choice in match.choices] == units


def test_a_question_names_the_place_and_tells_the_choices_apart(langson: Gazetteer) -> None:
    match = langson.find("BAC SON")
    assert isinstance(match, Ask)
    assert match.name == "Bắc Sơn"
    assert match.choices[0].old_names == ("thị trấn Bắc Sơn", "Bắc Quỳnh", "Long Đống")
    assert match.choices[0].districts == ("huyện Bắc Sơn",)
    assert langson.old_names("05983") == ("Chi Lăng", "Quảng Lạc")
    assert len({choice.old_names for choice in match.choices}) == len(match.choices)


def test_a_city_that_was_a_province_and_a_ward_that_bears_a_citys_name(quangninh: Gazetteer) -> None:
    assert isinstance(quangninh.find("thành phố Quảng Ninh"), Areas)
    assert labels(quangninh.find("hạ long"))[:2] == ["phường Hạ Long", "đặc khu Vân Đồn"]
    assert offered(quangninh.find("phường Hạ Long")) == {"06688"}
    assert offered(quangninh.find("xã Hạ Long")) == {"06994"}
    assert offered(quangninh.find("phong hải")) == {"07180"}  # not "p. Hồng Hải"


def test_the_province_alone_leads_to_the_areas(langson: Gazetteer) -> None:
    for text in ("Lạng Sơn", "tinh lang son", "LS", "mình ở Lạng Sơn"):
        match = langson.find(text)
        assert isinstance(match, Areas), text
        assert len(match.areas) == 11


@pytest.mark.parametrize("text", ["", " ", "xã", "nhà mình", "Hà Nội", "không biết", "0", "😀", "1996", "x" * 5000])
def test_words_that_name_nothing_here(place: World, text: str) -> None:
    assert place.gazetteer.find(text) == Nothing(suggestions=())


def test_a_slip_of_the_thumb_brings_suggestions(langson: Gazetteer) -> None:
    for text, code in {"bac xon": "06325", "xã Nhât Hoa": "06376", "dong dangg": "06184"}.items():
        assert code in offered(langson.find(text)), text


def test_two_taps_reach_every_unit(place: World) -> None:
    areas = place.gazetteer.areas()
    assert [fold(split(area.label)[1]) for area in areas] == sorted(fold(split(area.label)[1]) for area in areas)
    assert {area.label.lower() for area in areas} == {label.lower() for label in place.by_district}
    for area in areas:
        page_sizes = [len(page) for page in area.pages]
        assert sum(page_sizes) == len(area.choices)
        assert 1 <= min(page_sizes) <= max(page_sizes) <= 9
    assert {choice.unit.code for area in areas for choice in area.choices} == {row["code"] for row in place.new}


def test_in_lang_son_no_area_needs_a_second_page(langson: Gazetteer) -> None:
    assert len(langson.areas()) == 11
    assert {len(area.pages) for area in langson.areas()} == {1}


def test_pages_keep_every_choice_in_order(quangninh: Gazetteer) -> None:
    choices = tuple(quangninh.choice(unit.code) for unit in quangninh.units)
    for count in range(len(choices) + 1):
        cut = pages(choices[:count])
        assert tuple(choice for page in cut for choice in page) == choices[:count]
        assert max(len(page) for page in cut) <= 9


@st.composite
def noisy(draw: st.DrawFn) -> tuple[World, str, set[str]]:
    """A place as a hurried person writes it, and every unit that its words may mean."""
    where = world(draw(st.sampled_from(sorted(PROVINCES))))
    rows = [(f"{r['kind']} {r['name']}") for r in where.new] + [r["old_commune"] for r in where.old]
    label = draw(st.sampled_from(rows))
    kind, name = split(label)
    prefix = draw(st.sampled_from(["", *SHORT[kind]]))
    meant = where.by_label[fold(label)] if prefix else where.by_name[fold(name)]
    text = draw(st.sampled_from([" ", "  ", ", ", "."])).join([prefix, *name.split()] if prefix else name.split())
    if draw(st.booleans()):
        text = fold(text)
    text = draw(st.sampled_from([str.upper, str.lower, str.title, str.swapcase]))(text)
    text = unicodedata.normalize(draw(st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"])), text)
    around = [("", ""), (" ", "\n"), ("ở ", " ạ"), ("Mình ở ", "."), ("(", ")"), ("", " nhé"), ("que em o ", "!")]
    before, behind = draw(st.sampled_from(around))
    return where, f"{before}{text}{behind}", meant


@given(noisy())
def test_noise_never_makes_a_silent_wrong_one(case: tuple[World, str, set[str]]) -> None:
    where, text, meant = case
    match = where.gazetteer.find(text)
    assert meant <= offered(match), text
    if isinstance(match, Exactly):
        assert offered(match) == meant, text


@given(st.text(max_size=300))
def test_any_words_get_an_answer(text: str) -> None:
    match = world("langson").gazetteer.find(text)
    assert isinstance(match, Exactly | Ask | Areas | Nothing)
