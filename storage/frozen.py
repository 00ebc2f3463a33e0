"""What an order froze, content and audience, read back from the JSON in which it is kept."""

from collections.abc import Mapping
from typing import Any

from outreach.campaigns.model import Audience, AudienceKind, CheckQuestion, Content, Link, MediaId, MessageCopy
from outreach.messaging import Address, CampaignId, ChannelName
from outreach.news.model import NewsId
from outreach.units import UnitId


def content_of(raw: Mapping[str, Any]) -> Content:
    """What older versions wrote has fewer keys."""
    news_id, question, copy_of = raw.get("news_id"), raw.get("question"), raw.get("copy_of")
    return Content(
        **{
            **raw,
            "paragraphs": tuple(raw["paragraphs"]),
            "news_id": None if news_id is None else NewsId(news_id),
            "media": tuple(MediaId(number) for number in raw.get("media", ())),
            "links": tuple(Link(**link) for link in raw.get("links", ())),
            "question": question and CheckQuestion(**{**question, "options": tuple(question["options"])}),
            "copy_of": copy_of and MessageCopy(address=Address(**copy_of["address"]), ref=copy_of["ref"]),
        }
    )


def audience_of(raw: Mapping[str, Any]) -> Audience:
    return Audience(
        kind=AudienceKind(raw["kind"]),
        unit_ids=tuple(UnitId(unit_id) for unit_id in raw["unit_ids"]),
        topic=raw.get("topic", ""),
        ages=(raw["ages"][0], raw["ages"][1]) if raw.get("ages") else None,
        topics=tuple(raw.get("topics", ())),
        sources=tuple(raw.get("sources", ())),
        channels=tuple(ChannelName(name) for name in raw.get("channels", ())),
        **{
            name: CampaignId(raw[name]) if raw.get(name) else None
            for name in ("corrects", "not_received", "not_opened")
        },
    )
