"""The weekly digest of one person: its lines, and a button to open each."""

from markupsafe import escape

from content.catalog import Catalog
from outreach.campaigns.model import Campaign, Reader
from outreach.messaging import Button, Reply

# Characters of each item; the rest opens with one tap. Five of them, with their buttons as lines, are one message on every channel.
_ITEM, _TITLE, _OPENING = 300, 200, 140
_TITLE_ON_BUTTON = 40


def render_digest(campaign: Campaign, *, contact: Reader, catalog: Catalog) -> Reply:
    """Raises ValueError without items: an empty one is not sent."""
    if not campaign.items:
        raise ValueError("a digest of nothing")

    def say(key: str, **values: object) -> str:
        return catalog.label(key, language=contact.language, **values)

    lines = [
        f"{place}. <b>{escape(title := _short(item.title, most=_TITLE))}</b>\n"
        f"{escape(_short(item.opening, most=min(_OPENING, _ITEM - len(title))))}"
        for place, item in enumerate(campaign.items, start=1)
    ]
    opens = tuple(
        (
            Button(
                label=f"{place}. {_short(item.title, most=_TITLE_ON_BUTTON)}",
                payload=f"cam:more:{item.campaign_id}",
                code=f"{say('campaign.more_code')} {item.campaign_id}",
            ),
        )
        for place, item in enumerate(campaign.items, start=1)
    )
    number = campaign.campaign_id
    last = (
        Button(label=say("campaign.read"), payload=f"cam:read:{number}", code=f"{say('campaign.read_code')} {number}"),
        Button(label=say("campaign.stop"), payload=f"pro:stop:c{number}", code=f"{say('campaign.stop_code')} {number}"),
    )
    head = f"<b>{escape(campaign.content.title)}</b>\n{escape(say('digest.how'))}"
    return Reply(text="\n\n".join([head, *lines]), buttons=(*opens, last), silent=not campaign.plan.urgent)


def _short(text: str, *, most: int) -> str:
    if len(text) <= most:
        return text
    return text[:most].rsplit(" ", 1)[0].rstrip(",;:. ") + "…"
