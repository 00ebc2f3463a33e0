"""What a second officer reads of the difference between two wordings."""

from content.changes import changed_lines
from outreach.campaigns.model import Content, Link

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
