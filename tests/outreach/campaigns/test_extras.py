"""Links lead straight to a page, and a question can be answered."""

import pytest

from outreach.campaigns.extras import check_link, check_question
from outreach.campaigns.model import CheckQuestion, Link
from outreach.errors import InvalidAnswerError


@pytest.mark.parametrize(
    "url",
    [
        "http://langson.gov.vn",
        "https://langson.gov.vn@evil.example/x",
        "https://localhost/x",
        "https://langson.gov.vn:8443/x",
        "https://langson.gov.vn/a b",
        "javascript:alert(1)",
        "https://[::1",
        "https://a.vn/" + "x" * 500,
    ],
)
def test_an_address_that_hides_something_is_refused(url: str) -> None:
    with pytest.raises(InvalidAnswerError, match="link_address"):
        check_link(Link(label="Xem", url=url))


def test_a_page_of_the_province_is_a_link() -> None:
    check_link(Link(label="Toàn văn", url="https://langson.gov.vn/ke-hoach?so=136#muc-2"))
    with pytest.raises(InvalidAnswerError, match="link_label"):
        check_link(Link(label="", url="https://langson.gov.vn"))


@pytest.mark.parametrize(
    ("options", "right"),
    [(("Có",), None), (("Có", "có"), None), (tuple("abcde"), None), (("a", ""), None), (("a", "b"), 2)],
)
def test_a_question_nobody_could_answer_is_refused(options: tuple[str, ...], right: int | None) -> None:
    with pytest.raises(InvalidAnswerError, match="check_question_options"):
        check_question(CheckQuestion(text="Tuổi nào?", options=options, right=right))
