"""Both packs load; a broken one is told by file and key, in one line that says how to mend it."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from content.packs.loader import PACKS, PackError, load_pack, pack_names
from outreach.pack import Counted, Pack

Break = Callable[[str, str, str], None]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(PACKS / "langson", tmp_path / "langson")
    return tmp_path


@pytest.fixture
def break_pack(root: Path) -> Break:
    """Replace `old` in a file of the copied pack; the text must be there."""

    def change(file: str, old: str, new: str) -> None:
        path = root / "langson" / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


@pytest.fixture(params=["langson", "quangninh"])
def pack(request: pytest.FixtureRequest) -> Pack:
    return load_pack(request.param)


def test_the_two_founding_provinces_are_there() -> None:
    assert pack_names() == ("langson", "quangninh")


@pytest.mark.parametrize(
    ("name", "kinds", "old"),
    [
        ("langson", {"xã": 61, "phường": 4}, 196),
        ("quangninh", {"phường": 30, "xã": 22, "đặc khu": 2}, 184),
    ],
)
def test_units_are_all_there(name: str, kinds: dict[str, int], old: int) -> None:
    pack = load_pack(name)
    found = [unit.kind for unit in pack.units]
    assert {kind: found.count(kind) for kind in set(found)} == kinds
    assert len(pack.old_units) == old
    assert all(len(unit.code) == 5 and unit.code.startswith("0") for unit in pack.units)
    assert len({unit.name for unit in pack.units}) == len(pack.units)


def test_what_every_pack_says(pack: Pack) -> None:
    assert pack.informed.target == 70
    assert pack.informed.by_year is None
    assert len(pack.fields) == 10
    assert (pack.ages.subscriber_min, pack.ages.youth.last, pack.ages.talent.last) == (16, 30, 35)
    assert (f"{pack.sending.hours.first:%H:%M}", f"{pack.sending.hours.last:%H:%M}") == ("07:00", "21:59")
    assert pack.sending.weekly_cap == 2
    assert {topic.counts for topic in pack.topics} == {True, False}
    assert pack.unset == ("hotline", "address", "official_page")
    assert {rule.code for rule in pack.periods} == {
        "calendar",
        "state",
        "calendar-h1",
        "calendar-h2",
        "state-h1",
        "state-h2",
    }


def test_targets_differ_between_the_provinces() -> None:
    trained = {
        name: [(i.target, i.by_year) for i in load_pack(name).indicators if i.of is Counted.OFFICERS]
        for name in pack_names()
    }
    assert trained == {"langson": [(80, 2025)], "quangninh": [(80, 2030)]}


def test_the_form_asks_each_kind_of_nominator_her_own_questions(pack: Pack) -> None:
    form = pack.nomination
    mine = [question.code for question in form.asked(for_self=True, agreed=False)]
    hers = [question.code for question in form.asked(for_self=False, agreed=True)]
    not_yet = [question.code for question in form.asked(for_self=False, agreed=False)]
    assert len(hers) == 9  # the introduction promises so many
    assert mine == [code for code in hers if code != "of_age"]
    assert not_yet == ["who", "of_age", "field", "unit", "contact"]


def test_what_the_province_sets_is_no_longer_unset(pack: Pack) -> None:
    assert replace(pack, hotline="0205 000 000", address=" ").unset == ("address", "official_page")


BROKEN = [
    ("pack.toml", 'hotline = ""', "", "hotline"),
    ("pack.toml", 'hotline = ""', "hotline = 5", "hotline"),
    ("pack.toml", 'hotline = ""', 'hotline = ""\nhotlin = ""', "hotlin"),
    ("pack.toml", 'hotline = ""', "hotline =", ""),
    ("pack.toml", "weekly_cap = 2", 'weekly_cap = "many"', "sending.weekly_cap"),
    ("pack.toml", "weekly_cap = 2", "weekly_cap = 0", "sending.weekly_cap"),
    ("pack.toml", "approval_above = 1000", "approval_above = -1", "sending.approval_above"),
    ("pack.toml", "weekly_cap = 2", "weekly_cap = 2\nmonthly_cap = 4", "sending.monthly_cap"),
    ("pack.toml", "first = 07:00:00, last = 21:59:00", "first = 22:00:00, last = 07:00:00", "sending.hours"),
    ("pack.toml", "youth = { first = 16, last = 30 }", "youth = { first = 30, last = 16 }", "ages.youth"),
    ("pack.toml", "target = 70", "target = 700", "indicators.informed.target"),
    ("pack.toml", 'of = "youth"', 'of = "people"', "indicators.0.of"),
    ("pack.toml", 'of = "youth"', 'of = "officers"', "indicators"),
    ("pack.toml", 'en = "Study"', 'en = " "', "fields.0.name.en"),
    ("pack.toml", 'code = "science"', 'code = "study"', "fields"),
    ("pack.toml", "first = { month = 1, day = 1 }", "first = { month = 2, day = 30 }", "periods.calendar"),
    ("pack.toml", "day = 15, years_before = 1", "day = 15", "periods.state"),
    ("pack.toml", "main = true", "main = false", "periods"),
    ("pack.toml", 'vi = "Năm {year}"', 'vi = "Năm {nam}"', "periods.calendar.name"),
    ("pack.toml", "days = [1, 2, 3, 4, 5]", "days = [0, 1]", "office_hours.days"),
    ("pack.toml", ', options = ["agreed", "not_yet", "self"]', "", "nomination.questions.who.options"),
    ("pack.toml", '"agreed", "not_yet", "self"]', '"agreed", "self"]', "nomination.questions.who"),
    ("pack.toml", 'options = ["yes", "no"]', 'options = ["yes", "maybe"]', "nomination.questions.of_age"),
    ("pack.toml", "shortest = 2, longest = 60", "shortest = 90, longest = 60", "nomination.questions.full_name"),
    ("pack.toml", 'code = "quanh-nam"', 'code = "quanh-nam"\nfields = ["magic"]', "calls.quanh-nam.fields"),
    ("pack.toml", 'receipt_prefix = "LS-DY"', 'receipt_prefix = "LS/DY"', "receipt_prefix"),
    ("units.csv", "code,kind,name", "code,kind,ten", "name"),
    ("units.csv", "05977,Phường", "5977,Phường", "5977"),
    ("units.csv", "05977,Phường", "05977,Khu", "05977"),
    ("units.csv", "05983", "05977", "05977"),
    ("old-units.csv", ",whole", ",half", "line 2.share"),
    ("old-units.csv", "05977", "09999", "09999, Xã Yên Trạch"),
    ("old-units.csv", "Xã Yên Trạch", "Yên Trạch", "05977, Yên Trạch"),
    ("old-units.csv", "Huyện Cao Lộc", "Cao Lộc", "05977, Xã Yên Trạch"),
    ("pages/vi/data.md", "title =", "titel =", "title"),
    ("pages/vi/data.md", "+++", "---", ""),
    ("pages/en/data.md", "order = 6", 'order = 6\ncolour = "red"', "colour"),
    ("news/ke-hoach-136.md", 'topic = "policy"', 'topic = "sports"', "topic"),
]


@pytest.mark.parametrize(("file", "old", "new", "key"), BROKEN, ids=[f"{case[0]}:{case[2]}" for case in BROKEN])
def test_a_broken_pack_names_file_and_key(
    *, root: Path, break_pack: Break, file: str, old: str, new: str, key: str
) -> None:
    load_pack("langson", root=root)
    break_pack(file, old, new)
    with pytest.raises(PackError) as caught:
        load_pack("langson", root=root)
    error = caught.value
    assert error.key == key
    assert error.path == root / "langson" / file
    assert f"{error.path.parent.name}/{error.path.name}" in str(error)
    assert "\n" not in str(error)
    assert str(error).count(".") >= 2  # what is wrong, and how to mend it


@pytest.mark.parametrize("file", ["units.csv", "old-units.csv", "pages/en/talent.md"])
def test_a_missing_file_is_named(root: Path, file: str) -> None:
    (root / "langson" / file).unlink()
    with pytest.raises(PackError) as caught:
        load_pack("langson", root=root)
    assert caught.value.path == root / "langson" / file


def test_a_unit_without_old_communes_is_named(root: Path) -> None:
    path = root / "langson" / "old-units.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("06517,")), encoding="utf-8")
    with pytest.raises(PackError, match=r"old-units\.csv, 06517"):
        load_pack("langson", root=root)


def test_a_file_in_another_encoding_is_named(root: Path) -> None:
    (root / "langson" / "units.csv").write_bytes("05977,Phường,Đông Kinh".encode("utf-16"))
    with pytest.raises(PackError, match=r"units\.csv: the file is not UTF-8"):
        load_pack("langson", root=root)


def test_an_unknown_pack_says_which_there_are() -> None:
    with pytest.raises(PackError, match="Set LOATRE_PACK to one of: langson, quangninh"):
        load_pack("hanoi")
