"""A campaign's frozen content made into one person's message; implements the port `Renderer`."""

from markupsafe import escape

from content.catalog import Catalog
from content.digest import render_digest
from outreach.campaigns.model import Campaign, CampaignKind, Content
from outreach.contacts.model import Contact
from outreach.messaging import Button, Capabilities, Reply

# A message on a phone is read when it fits the screen; the rest opens with one tap.
_SHORT = 900
# As long as any channel lets a message be: what an officer sees in advance, and whose buttons may be typed.
WIDEST = Capabilities(max_text=4096, max_caption=1024, max_payload_bytes=64)


# Where each message may cost, a campaign's is never split: so much is kept free for its buttons, should they become lines.
_FOR_BUTTONS = 200


def body(content: Content, *, most: int | None = None, longest: int | None = None) -> tuple[str, bool]:
    """Title, document, paragraphs as HTML, and whether something was left out for `most` characters.

    The first paragraph is whole, unless `longest` cuts it too.
    """
    parts = [f"<b>{escape(content.title)}</b>"]
    if content.document:
        parts.append(f"<i>{escape(content.document)}</i>")
    used = len(content.title) + len(content.document)
    for number, paragraph in enumerate(content.paragraphs):
        used += len(paragraph) + 2
        if most is not None and used > most and number > 0:
            return "\n\n".join(parts), True
        if longest is not None and used > longest:
            words = paragraph[: max(0, len(paragraph) - (used - longest) - 1)].rpartition(" ")[0]
            return "\n\n".join([*parts, f"{escape(words)}…"]), True
        parts.append(str(escape(paragraph)))
    return "\n\n".join(parts), False


class CampaignRenderer:
    """`render_campaign` is pure: the same campaign, contact and channel give the same message."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def render_campaign(self, campaign: Campaign, *, contact: Contact, capabilities: Capabilities) -> Reply:
        if campaign.kind == CampaignKind.DIGEST:
            return render_digest(campaign, contact=contact, catalog=self._catalog)
        say, source = self._catalog.label, campaign.content.source
        if source:
            source = f"\n\n{escape(say('campaign.source', language=contact.language, source=source))}"
        longest = capabilities.max_text - len(source) - _FOR_BUTTONS if capabilities.windowed else None
        text, cut = body(campaign.content, most=min(_SHORT, capabilities.max_text), longest=longest)
        number = campaign.campaign_id
        buttons = [
            self._button("read", f"cam:read:{number}", number=number, language=contact.language),
            self._button("stop", f"pro:stop:c{number}", number=number, language=contact.language),
        ]
        rows: tuple[tuple[Button, ...], ...] = (tuple(buttons),)
        if cut:
            more = self._button("more", f"cam:more:{number}", number=number, language=contact.language)
            rows = ((more,), *rows)
        return Reply(text=text + source, buttons=rows, silent=not campaign.plan.urgent)

    def _button(self, name: str, payload: str, *, number: int, language: str) -> Button:
        """A campaign comes between the questions of a conversation, so what is typed for its buttons must name it."""
        say = self._catalog.label
        return Button(
            label=say(f"campaign.{name}", language=language),
            payload=payload,
            code=f"{say(f'campaign.{name}_code', language=language)} {number}",
        )
