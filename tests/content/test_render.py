"""A campaign's text as one person gets it: whole or cut at a paragraph, escaped, with buttons in her language."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.kit import numbered, plain, split, utf16_units
from content.catalog import Catalog
from content.render import CampaignRenderer, body
from outreach.campaigns.model import (
    Audience,
    Campaign,
    CampaignKind,
    CampaignState,
    CheckQuestion,
    Content,
    DigestItem,
    Link,
    Plan,
)
from outreach.campaigns.ports.digests import MOST_ITEMS
from outreach.contacts.model import Contact, Subscription
from outreach.messaging import (
    AccountId,
    Address,
    AttachmentKind,
    CampaignId,
    Capabilities,
    ContactId,
    Media,
    MediaId,
    MessageCopy,
    OfficerId,
    Reply,
)
from tests.conftest import NOW

PARAGRAPH = "Đoạn này dài đúng năm mươi ký tự, không hơn, nhé. "  # 50 characters
CAMPAIGN = Campaign(
    campaign_id=CampaignId(7),
    state=CampaignState.RUNNING,
    content=Content(title="Kế hoạch 136", paragraphs=("Một đoạn.",)),
    audience=Audience(),
    created_by=OfficerId(1),
    unit_id=None,
)
CONTACT = Contact(
    contact_id=ContactId(1), subscription=Subscription.ACTIVE, birth_year=2006, unit_id=None, created_at=NOW
)
WIDE = Capabilities(max_text=4096, max_caption=1024, max_payload_bytes=64)
RENDERER = CampaignRenderer(Catalog())


def rendered(content: Content, *, contact: Contact = CONTACT, capabilities: Capabilities = WIDE) -> Reply:
    return RENDERER.render_campaign(replace(CAMPAIGN, content=content), contact=contact, capabilities=capabilities)


def payloads(reply: Reply) -> list[list[str]]:
    return [[button.payload for button in row] for row in reply.buttons]


def test_a_short_one_is_whole() -> None:
    content = Content(
        title="Kế hoạch 136", document="136/KH-UBND", paragraphs=("Một.", "Hai."), source="langson.example"
    )
    reply = rendered(content)
    assert reply.text == "<b>Kế hoạch 136</b>\n\n<i>136/KH-UBND</i>\n\nMột.\n\nHai.\n\nNguồn: langson.example"
    assert payloads(reply) == [["cam:read:7", "pro:stop:c7"]]


@pytest.mark.parametrize("urgent", [False, True])
def test_only_an_urgent_one_makes_a_sound(*, urgent: bool) -> None:
    campaign = replace(CAMPAIGN, plan=Plan(urgent=urgent))
    assert RENDERER.render_campaign(campaign, contact=CONTACT, capabilities=WIDE).silent is not urgent


def test_a_long_one_ends_with_a_paragraph_and_a_button_for_the_rest() -> None:
    paragraphs = tuple(f"{number:02} {PARAGRAPH}" * 3 for number in range(20))
    reply = rendered(Content(title="Tin", paragraphs=paragraphs))
    shown = reply.text.split("\n\n")[1:]
    assert shown == list(paragraphs[: len(shown)])
    assert 3 < len(shown) < 20
    assert len(reply.text) <= 900 + len("<b></b>")
    assert payloads(reply) == [["cam:more:7"], ["cam:read:7", "pro:stop:c7"]]


def test_where_a_message_may_cost_it_is_one_message() -> None:
    zalo = Capabilities(max_text=2000, max_caption=2000, max_payload_bytes=64, windowed=True)
    content = Content(title="Tin", paragraphs=(PARAGRAPH * 60, PARAGRAPH), source="langson.example")
    reply = rendered(content, capabilities=zalo)
    assert len(split(numbered(reply).text, limit=zalo.max_text, measure=utf16_units)) == 1
    assert 1600 < len(reply.text) < zalo.max_text
    assert reply.text.endswith("…\n\nNguồn: langson.example")
    assert payloads(reply)[0] == ["cam:more:7"]


def test_a_digest_is_one_message_whatever_its_titles_are() -> None:
    items = tuple(
        DigestItem(campaign_id=CampaignId(1_000_000 + place), title=PARAGRAPH * 9, opening=PARAGRAPH * 9, counts=True)
        for place in range(MOST_ITEMS)
    )
    digest = replace(CAMPAIGN, kind=CampaignKind.DIGEST, items=items, content=Content(title=PARAGRAPH, paragraphs=()))
    reply = RENDERER.render_campaign(digest, contact=CONTACT, capabilities=WIDE)
    assert len(split(numbered(reply).text, limit=2000, measure=utf16_units)) == 1
    assert len(plain(reply.text)) > 1500


def test_the_first_paragraph_is_never_left_out() -> None:
    first = PARAGRAPH * 30
    reply = rendered(Content(title="Tin", paragraphs=(first, "Còn lại.")))
    assert first in reply.text
    assert "Còn lại." not in reply.text


def test_a_narrow_messenger_cuts_earlier() -> None:
    content = Content(title="Tin", paragraphs=(PARAGRAPH, PARAGRAPH, PARAGRAPH))
    assert not any("more" in payload for row in payloads(rendered(content)) for payload in row)
    narrow = rendered(content, capabilities=replace(WIDE, max_text=120))
    assert payloads(narrow)[0] == ["cam:more:7"]
    assert narrow.text.count(PARAGRAPH.strip()) == 2


def test_nothing_that_was_pasted_becomes_a_tag() -> None:
    rude = "<b>&</b>"
    reply = rendered(Content(title=rude, document=rude, paragraphs=(rude,), source=rude))
    assert reply.text.count("&lt;b&gt;&amp;&lt;/b&gt;") == 4
    assert rude not in reply.text


@pytest.mark.parametrize(("language", "words"), [("vi", ["Đã đọc", "Ngừng nhận"]), ("en", ["I have read it", "Stop"])])
def test_buttons_speak_the_reader_s_language(language: str, words: list[str]) -> None:
    reply = rendered(CAMPAIGN.content, contact=replace(CONTACT, language=language))
    assert [button.label for button in reply.buttons[-1]] == words


@given(
    st.lists(st.text(alphabet="ab <&đ", min_size=1, max_size=400), min_size=1, max_size=12),
    st.integers(min_value=1, max_value=2000),
)
def test_whatever_is_cut_is_a_beginning(paragraphs: list[str], most: int) -> None:
    content = Content(title="Tin", paragraphs=tuple(paragraphs))
    whole, nothing_left_out = body(content, values={})
    text, cut = body(content, values={}, most=most)
    assert not nothing_left_out
    assert whole.startswith(text)
    assert cut == (len(text) < len(whole))


QUESTION = CheckQuestion(text="Mốc <của> tỉnh?", options=("70%", "50%"), right=0)
DRESSED = replace(
    CAMPAIGN.content,
    links=(Link(label="Toàn văn", url="https://langson.example.vn/136"),),
    question=QUESTION,
    media=(
        Media(media_id=MediaId(1), kind=AttachmentKind.PHOTO, name="anh.jpg", size=9_000),
        Media(media_id=MediaId(2), kind=AttachmentKind.FILE, name="ke-hoach.pdf", size=9_000),
    ),
    copy_of=MessageCopy(address=Address(account_id=AccountId(1), external_id="7"), ref="12"),
)


def test_what_goes_with_the_words() -> None:
    reply = rendered(DRESSED)
    assert reply.text.endswith("<b>Câu hỏi:</b> Mốc &lt;của&gt; tỉnh?")
    assert [[button.label for button in row] for row in reply.buttons] == [
        ["Toàn văn"],
        ["70%"],
        ["50%"],
        ["Đã đọc", "Ngừng nhận"],
    ]
    assert payloads(reply)[1:3] == [["cam:ans:7-0"], ["cam:ans:7-1"]]
    assert [button.code for row in reply.buttons for button in row] == [
        "",
        "CHON A 7",
        "CHON B 7",
        "DOC 7",
        "NGUNG 7",
    ]
    assert reply.media == DRESSED.media
    assert reply.copy_of is None  # nobody said that this channel can


@pytest.mark.parametrize(
    ("able", "carried"),
    [
        ({"file_suffixes": frozenset({".jpg"})}, ["anh.jpg"]),
        ({"max_file": 5_000}, ["anh.jpg"]),
        ({"file_suffixes": frozenset()}, []),
    ],
)
def test_what_a_channel_cannot_carry_is_said_in_the_words(able: dict[str, Any], carried: list[str]) -> None:
    reply = rendered(DRESSED, capabilities=replace(WIDE, **able))
    assert [one.name for one in reply.media] == carried
    assert "(Tin có kèm 1 ảnh, 1 file; ở đây chưa xem được hết.)" in reply.text


def test_a_copy_needs_no_button_for_the_rest() -> None:
    long = replace(DRESSED, paragraphs=(PARAGRAPH * 10,) * 5, question=None)
    reply = rendered(long, capabilities=replace(WIDE, copies=True))
    assert reply.copy_of == DRESSED.copy_of
    assert ["cam:more:7"] not in payloads(reply)
    assert ["cam:more:7"] in payloads(rendered(long))


def test_the_longest_reader_decides_whether_it_fits() -> None:
    def over(content: Content, **able: Any) -> int:
        campaign, capabilities = replace(CAMPAIGN, content=content), replace(WIDE, **able)
        return RENDERER.too_long(campaign, contact=CONTACT, capabilities=capabilities)

    exact = Content(title="Tin", paragraphs=("x" * 95,))
    assert (over(exact, max_text=100), over(exact, max_text=99)) == (0, 1)
    filled = Content(title="Tin", paragraphs=("{{ xa }}",))
    assert over(filled, max_text=23) == 0  # "xã, phường của bạn"
    assert over(filled, max_text=22) == 1
    assert over(DRESSED, max_text=120, buttons=False) > over(DRESSED, max_text=120) == 0
    flags = Content(title="Tin", paragraphs=("\U0001f1fb" * 10,))
    assert over(flags, max_text=25) == 0  # two units each, in the longest count there is
    assert over(flags, max_text=24) == 1


@given(
    st.lists(st.text(alphabet="ab <&{} xa", max_size=30), min_size=1, max_size=4),
    st.text(alphabet="<&xã B", max_size=9),
)
def test_values_are_words_and_never_tags(paragraphs: list[str], value: str) -> None:
    text, _ = body(Content(title="Tin", paragraphs=tuple(paragraphs)), values={"xa": value, "don_vi": value})
    assert text.count("<") == len(("<b>", "</b>"))
