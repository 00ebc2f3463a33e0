"""What an order froze, content and audience, read back from the JSON in which it is kept."""

from collections.abc import Iterable, Mapping
from typing import Any

from outreach.campaigns.model import Audience, AudienceKind, CheckQuestion, Content, Link
from outreach.messaging import (
    Address,
    AttachmentKind,
    CampaignId,
    ChannelName,
    Media,
    MediaId,
    MessageCopy,
)
from outreach.news.model import NewsId
from outreach.units import UnitId


def content_of(raw: Mapping[str, Any]) -> Content:
    """What older versions wrote has fewer keys."""
    news_id, question = raw.get("news_id"), raw.get("question")
    return Content(
        **{
            **raw,
            "paragraphs": tuple(raw["paragraphs"]),
            "news_id": None if news_id is None else NewsId(news_id),
            "formatted": tuple(raw.get("formatted", ())),
            "media": media_of(raw.get("media", ())),
            "links": tuple(Link(**link) for link in raw.get("links", ())),
            "question": question and CheckQuestion(**{**question, "options": tuple(question["options"])}),
            "copy_of": copy_from(raw.get("copy_of")),
        }
    )


def media_of(raw: Iterable[Mapping[str, Any]]) -> tuple[Media, ...]:
    return tuple(
        Media(media_id=MediaId(one["media_id"]), kind=AttachmentKind(one["kind"]), name=one["name"], size=one["size"])
        for one in raw
    )


def copy_from(raw: Mapping[str, Any] | None) -> MessageCopy | None:
    return None if raw is None else MessageCopy(address=Address(**raw["address"]), ref=raw["ref"])


def audience_of(raw: Mapping[str, Any]) -> Audience:
    return Audience(
        kind=AudienceKind(raw["kind"]),
        unit_ids=tuple(UnitId(unit_id) for unit_id in raw["unit_ids"]),
        topic=raw.get("topic", ""),
        ages=(raw["ages"][0], raw["ages"][1]) if raw.get("ages") else None,
        topics=tuple(raw.get("topics", ())),
        sources=tuple(raw.get("sources", ())),
        channels=tuple(ChannelName(name) for name in raw.get("channels", ())),
        rest_of=tuple(CampaignId(number) for number in raw.get("rest_of", ())),
        **{
            name: CampaignId(raw[name]) if raw.get(name) else None
            for name in ("corrects", "not_received", "not_opened")
        },
    )
