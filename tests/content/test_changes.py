"""What a second officer reads of the difference between two wordings."""

from content.changes import changed_lines
from outreach.campaigns.model import CheckQuestion, Content, Link

LONG = "Mỗi năm có ít nhất 70% thanh niên được cung cấp thông tin về chính sách tài năng trẻ của tỉnh ta."


def _content(*paragraphs: str, title: str = "Kế hoạch") -> Content:
    return Content(title=title, paragraphs=paragraphs)


def test_the_words_that_differ_are_marked_and_long_stretches_cut() -> None:
    assert changed_lines(_content(LONG), _content(LONG.replace("70%", "75%"))) == [
        "− Mỗi năm có ít nhất <s>70%</s> thanh niên được cung cấp …",
        "+ Mỗi năm có ít nhất <b>75%</b> thanh niên được cung cấp …",
    ]


def test_lines_that_came_and_went() -> None:
    assert changed_lines(_content("A", "B"), _content("B", "C")) == ["− <s>A</s>", "+ <b>C</b>"]
    assert changed_lines(_content("A"), _content("A")) == []


def test_another_line_is_not_a_changed_one() -> None:
    assert changed_lines(_content("một hai ba"), _content("bốn năm ba")) == [
        "− <s>một hai ba</s>",
        "+ <b>bốn năm ba</b>",
    ]


def test_titles_and_links_are_words_too_and_nothing_is_taken_for_markup() -> None:
    before = _content(title="1 < 2")
    after = Content(title="1 < 3", paragraphs=(), links=(Link(label="Xem", url="https://x.vn/?a=1&b=2"),))
    assert changed_lines(before, after) == [
        "− 1 &lt; <s>2</s>",
        "+ 1 &lt; <b>3</b>",
        "+ <b>Xem: https://x.vn/?a=1&amp;b=2</b>",
    ]


def test_where_a_word_leads_and_which_answer_is_right() -> None:
    def content(host: str, *, right: int) -> Content:
        question = CheckQuestion(text="Tháng nào?", options=("Tháng 11", "Tháng 12"), right=right)
        linked = f'Xem <a href="https://{host}/">ở đây</a>'
        return Content(title="Lớp", paragraphs=("Xem ở đây",), formatted=(linked,), question=question)

    assert changed_lines(content("a.vn", right=1), content("b.vn", right=0)) == [
        "− Xem <s>(https://a.vn/)ở</s> đây",
        "+ Xem <b>(https://b.vn/)ở</b> đây",
        "− Tháng 11",
        "+ <b>✓</b> Tháng 11",
        "− <s>✓</s> Tháng 12",
        "+ Tháng 12",
    ]
