"""Text files of the encodings Vietnamese offices still have."""

import codecs
import unicodedata

import pytest

from content.readers.decode import decode
from content.readers.dispatch import read_bytes
from content.readers.page import ReadError, ReadFault
from content.readers.portal import draft_of

_TEXT = (
    "Tỉnh đoàn mời các bạn trẻ góp ý cho lịch tập huấn mùa hè. Ý kiến gửi về trước ngày 15/6/2026; mọi người đều được đọc lại "
    "những gì đã góp. Lớp học mở ở Đồng Đăng, Hữu Lũng và Tràng Định."
)


def windows_1258(text: str) -> bytes:
    """As old Windows wrote Vietnamese: the vowel with its hat or horn, the tone as a sign of its own behind it."""
    tones = "\u0300\u0301\u0303\u0309\u0323"
    pieces: list[str] = []
    for letter in unicodedata.normalize("NFC", text):
        try:
            letter.encode("cp1258")
            pieces.append(letter)
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", letter)
            base = unicodedata.normalize("NFC", "".join(part for part in parts if part not in tones))
            pieces.append(base + "".join(part for part in parts if part in tones))
    return "".join(pieces).encode("cp1258")


@pytest.mark.parametrize(
    "data",
    [
        _TEXT.encode(),
        codecs.BOM_UTF8 + _TEXT.encode(),
        _TEXT.encode("utf-16"),
        codecs.BOM_UTF16_BE + _TEXT.encode("utf-16-be"),
        _TEXT.encode("utf-16-le"),
        _TEXT.encode("utf-16-be"),
        _TEXT.encode("utf-32"),
        windows_1258(_TEXT),
        unicodedata.normalize("NFD", _TEXT).encode(),
    ],
    ids=[
        "utf-8",
        "utf-8 mark",
        "utf-16",
        "utf-16-be mark",
        "utf-16-le bare",
        "utf-16-be bare",
        "utf-32",
        "windows-1258",
        "nfd",
    ],
)
def test_every_encoding_gives_the_same_composed_text(data: bytes) -> None:
    assert read_bytes(data, name="a.txt").paragraphs == (_TEXT,)


def test_a_page_declares_its_old_encoding() -> None:
    html = f'<html><head><meta charset="windows-1258"></head><body><h1>Lịch hè</h1><p>{_TEXT}</p></body></html>'
    draft = draft_of(read_bytes(windows_1258(html), name="a.html"))
    assert (draft.title, draft.paragraphs) == ("Lịch hè", (_TEXT,))


def test_western_text_is_not_taken_for_vietnamese() -> None:
    text = "Les élèves du lycée français sont allés à Hanoï cet été; ils y ont été très bien reçus."
    assert decode(text.encode("cp1252")) == text


def test_a_stray_control_is_dropped_and_many_mean_no_text() -> None:
    assert read_bytes(b"Xin\x00 ch\xc3\xa0o", name="a").paragraphs == ("Xin chào",)
    with pytest.raises(ReadError) as caught:
        decode(b"\x00\x01\x02\x03" * 50)
    assert caught.value.fault is ReadFault.UNKNOWN_TYPE
