"""What HTML hides and marks."""

import pytest

from content.readers.html import read_html
from content.readers.page import ReadError
from content.readers.portal import draft_of

_TITLE = "Đêm nhạc gây quỹ sách cho học sinh nội trú"
_TEXT = (
    "Đêm nhạc gây quỹ diễn ra tối thứ bảy tại sân trường nội trú, do các bạn khối 11 tự dàn dựng và dẫn chương trình từ đầu đến cuối.",
    "Toàn bộ số tiền bán vé được dùng để mua sách tham khảo và kệ gỗ cho phòng đọc mới, danh sách chi tiêu dán ở bảng tin của trường.",
)


def _page(*, head: str = "", before: str = "", after: str = "", body: str = "") -> str:
    text = body or f"<h1>{_TITLE}</h1>" + "".join(f"<p>{part}</p>" for part in _TEXT)
    return f"<!doctype html><html><head>{head}</head><body>{before}{text}{after}</body></html>"


@pytest.mark.parametrize(
    "chrome",
    [
        "<script>document.write('Chào')</script>",
        "<nav><a href='/'>Văn bản</a><a>Thư viện ảnh</a></nav>",
        "<div class='SocialShare'>Gửi lên mạng xã hội</div>",
        "<div id='boxRating'>Mời bạn chấm điểm</div>",
        "<div class='font-size'><a>A-</a><a>A</a><a>A+</a></div>",
        "<div style='display: none'>Dòng ẩn</div>",
        "<p hidden>Dòng ẩn</p>",
        "<form><label>Ý kiến</label><textarea>Viết ở đây</textarea></form>",
        "<!-- ghi chú --><footer><p>Trụ sở ở phường Hai</p></footer>",
    ],
)
def test_chrome_goes_wherever_it_stands(chrome: str) -> None:
    for page in (_page(before=chrome), _page(after=chrome)):
        draft = draft_of(read_html(page, name="a"))
        assert (draft.title, draft.paragraphs) == (_TITLE, _TEXT)


def test_a_wrapper_named_like_chrome_keeps_the_article() -> None:
    page = _page(before="<div class='has-sidebar menu-open'><div class='share-page'>", after="</div></div>")
    assert draft_of(read_html(page, name="a")).paragraphs == _TEXT


@pytest.mark.parametrize(
    "head",
    [
        f"<title>{_TITLE} - Trang thông tin điện tử Hà Vân</title>",
        f"<title>Cổng thông tin điện tử Hà Vân | {_TITLE}</title>",
        f"<meta property='og:title' content='{_TITLE}'><title>Chi tiết</title>",
        "<title>Trang chủ</title>",
    ],
)
def test_the_title_is_freed_of_the_sites_name(head: str) -> None:
    body = f"<div>{_TITLE}</div><div>20:15 07/11/2026</div>" + "".join(f"<p>{part}</p>" for part in _TEXT)
    draft = draft_of(read_html(_page(head=head, body=body), name="a"))
    assert (draft.title, draft.paragraphs) == (_TITLE, _TEXT)
    assert str(draft.published_at) == "2026-11-07 13:15:00+00:00"


def test_an_xml_declaration_and_entities_are_no_trouble() -> None:
    page = f"<?xml version='1.0' encoding='utf-8'?>{_page(after='<p>T&ocirc;i &amp; b&#7841;n c&ugrave;ng &#273;&#7885;c.</p>')}"
    assert draft_of(read_html(page, name="a")).paragraphs[-1] == "Tôi & bạn cùng đọc."


def test_markup_nested_too_deep_is_refused() -> None:
    with pytest.raises(ReadError):
        read_html("<div>" * 20_000 + _TEXT[0] + "</div>" * 20_000 + f"<p>{_TEXT[1]}</p>", name="a")
