"""Names, years, texts, links and codes as people write them."""

import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.errors import InvalidAnswerError
from outreach.nominations.rules import (
    CODE_LETTERS,
    check_name,
    check_text,
    check_year,
    links_in,
    new_link_code,
    nomination_code,
    read_link_code,
)
from outreach.pack import AgeWindow, FormQuestion, QuestionKind

NAME = FormQuestion(code="full_name", kind=QuestionKind.NAME, shortest=2, longest=60)
TEXT = FormQuestion(code="achievement", kind=QuestionKind.TEXT, shortest=20, longest=1500)
TALENT = AgeWindow(first=16, last=35)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Nông Thị Hoa", "Nông Thị Hoa"),
        ("  nông   thị hoa ", "Nông Thị Hoa"),
        ("NÔNG THỊ HOA", "Nông Thị Hoa"),
        (unicodedata.normalize("NFD", "Nguyễn Ngọc Ước"), "Nguyễn Ngọc Ước"),
        ("H'Hen Niê", "H'Hen Niê"),
        ("Đỗ Thị Ánh-Tuyết", "Đỗ Thị Ánh-Tuyết"),
        ("Vi\u200b Văn Nam", "Vi Văn Nam"),
        ("La O", "La O"),
    ],
)
def test_names_are_kept_as_written(typed: str, kept: str) -> None:
    assert check_name(typed, question=NAME) == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "name_short"),
        ("H", "name_short"),
        ("Hoa", "name_whole"),
        ("Nông Thị Hoa 12A1", "name_letters"),
        ("Nông Thị Hoa 😀", "name_letters"),
        ("<b>Nông Hoa</b>", "name_letters"),
        ("=cmd|x Nông", "name_letters"),
        ("Bạn ấy học rất giỏi và chăm chỉ nhất lớp", "name_long"),
        (f"Nông {'a' * 60}", "name_long"),
    ],
)
def test_what_is_no_name(typed: str, code: str) -> None:
    with pytest.raises(InvalidAnswerError) as refused:
        check_name(typed, question=NAME)
    assert refused.value.code == code


@given(st.text(max_size=80))
def test_a_name_is_composed_and_has_no_figures(typed: str) -> None:
    try:
        name = check_name(typed, question=NAME)
    except InvalidAnswerError:
        return
    assert unicodedata.is_normalized("NFC", name)
    assert 2 <= len(name) <= 60
    assert not any(char.isdigit() or char in "<>&=\n" for char in name)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("09", "year_unread"),
        ("12/2009/2010", "year_unread"),
        ("20091", "year_unread"),
        ("hai nghìn chín", "year_unread"),
        ("2011", "year_young"),
        ("1990", "year_old"),
        ("2026", "year_young"),
    ],
)
def test_years_that_do_not_fit(typed: str, code: str) -> None:
    with pytest.raises(InvalidAnswerError) as refused:
        check_year(typed, ages=TALENT, year=2026)
    assert refused.value.code == code


@pytest.mark.parametrize("typed", ["2009", "năm 2009", "sinh ngày 3/4/2009 ạ", "2009."])
def test_years_that_fit(typed: str) -> None:
    assert check_year(typed, ages=TALENT, year=2026) == "2009"


def test_a_text_loses_nothing_but_what_cannot_be_seen() -> None:
    written = "Giải nhất\r\nđiền kinh\u202e 800 m \u0000 cấp tỉnh"
    assert check_text(written, question=TEXT) == "Giải nhất\nđiền kinh 800 m  cấp tỉnh"
    with pytest.raises(InvalidAnswerError, match="text_id_number"):
        check_text("Số căn cước 020209001234 đây nhé bạn", question=TEXT)
    assert check_text("Gọi 0912345678 để hỏi thêm về bạn ấy", question=TEXT)


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("xem https://vidu.vn/a?b=c, nhé", ("https://vidu.vn/a?b=c",)),
        ("www.vidu.vn. và www.vidu.vn", ("www.vidu.vn",)),
        ("không có gì", ()),
        ("javascript:alert(1) file:///etc/passwd", ()),
    ],
)
def test_links(text: str, links: tuple[str, ...]) -> None:
    assert links_in(text) == links


def test_codes_are_not_misread_and_no_words() -> None:
    assert not set(CODE_LETTERS) & set("01ILOAEU")
    assert set(CODE_LETTERS) <= set(string.ascii_uppercase + string.digits)
    codes = {new_link_code() for _ in range(500)}
    assert len(codes) == 500
    for code in codes:
        assert read_link_code(f" {code[:3].lower()}-{code[3:]} ") == code
    assert read_link_code("quần áo") is None
    assert read_link_code("B" * 400) is None


def test_the_printed_code() -> None:
    assert nomination_code("LS", year=2026, number=123) == "LS-2026-000123"
