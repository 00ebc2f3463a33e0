"""A campaign's frozen content made into one person's message; implements the port `Renderer`."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath

from markupsafe import escape

from content.catalog import LANGUAGES, Catalog
from content.digest import render_digest
from content.markup import spelled
from content.placeholders import fill, values_for
from outreach.campaigns.model import Campaign, CampaignKind, Content, Reader
from outreach.contacts.model import Contact
from outreach.directory import UnitDirectory
from outreach.messaging import AttachmentKind, Button, Capabilities, Media, Reply

# A message on a phone is read when it fits the screen; the rest opens with one tap.
_SHORT = 900
# As long as any channel lets a message be: what an officer sees in advance, and whose buttons may be typed.
WIDEST = Capabilities(max_text=4096, max_caption=1024, max_payload_bytes=64)

# Where each message may cost, a campaign's is never split: so much is kept free for its buttons, should they become lines.
_FOR_BUTTONS = 200
LETTERS = "ABCD"  # of a question's options, where they are typed


def body(
    content: Content, *, values: Mapping[str, str], most: int | None = None, longest: int | None = None
) -> tuple[str, bool]:
    """Title, document, paragraphs as HTML, filled in, and whether something was left out for `most` characters.

    The first paragraph is whole, unless `longest` cuts it too.
    """
    escaped = {name: str(escape(value)) for name, value in values.items()}
    title = fill(content.title, values)
    parts = [f"<b>{escape(title)}</b>"]
    if content.document:
        parts.append(f"<i>{escape(content.document)}</i>")
    used = len(title) + len(content.document)
    for number, told in enumerate(content.paragraphs):
        paragraph = fill(told, values)
        used += len(paragraph) + 2
        if most is not None and used > most and number > 0:
            return "\n\n".join(parts), True
        if longest is not None and used > longest:
            words = paragraph[: max(0, len(paragraph) - (used - longest) - 1)].rpartition(" ")[0]
            return "\n\n".join([*parts, f"{escape(words)}…"]), True
        parts.append(fill(content.formatted[number], escaped) if content.formatted else str(escape(paragraph)))
    return "\n\n".join(parts), False


def carried(media: tuple[Media, ...], *, capabilities: Capabilities) -> tuple[Media, ...]:
    """Those that people on this channel can be sent."""
    able, most = capabilities.file_suffixes, capabilities.max_file
    return tuple(
        one
        for one in media
        if (able is None or PurePath(one.name).suffix.lower() in able)
        and (one.kind == AttachmentKind.PHOTO or not most or one.size <= most)
    )


class CampaignRenderer:
    """`render_campaign` is pure: the same campaign, contact and channel give the same message."""

    def __init__(self, catalog: Catalog, *, units: UnitDirectory | None = None) -> None:
        self._catalog = catalog
        self._units = units

    def render_campaign(self, campaign: Campaign, *, contact: Reader, capabilities: Capabilities) -> Reply:
        if campaign.kind == CampaignKind.DIGEST:
            return render_digest(campaign, contact=contact, catalog=self._catalog)
        content, language = campaign.content, contact.language
        copy_of = content.copy_of if capabilities.copies else None
        media = carried(content.media, capabilities=capabilities)
        rows = self._rows(campaign, language=language)
        after = self._after(content, language=language, left_out=len(content.media) - len(media))
        longest = None
        if capabilities.windowed:
            longest = capabilities.max_text - len(after) - max(_FOR_BUTTONS, _lines(rows))
        values = values_for(self._catalog, units=self._units, unit_id=contact.unit_id, language=language)
        # What is passed on as it is needs no button for the rest; its words go only where it cannot be.
        most = None if copy_of else min(_SHORT, capabilities.max_text)
        text, cut = body(content, values=values, most=most, longest=longest)
        if cut:
            rows = (*rows[:-1], (self._button("more", campaign, language=language),), rows[-1])
        return Reply(text=text + after, buttons=rows, media=media, copy_of=copy_of, silent=not campaign.plan.urgent)

    def whole(self, campaign: Campaign, *, contact: Contact) -> Reply:
        """All of the words, with the same buttons but the one for the rest."""
        language = contact.language
        values = values_for(self._catalog, units=self._units, unit_id=contact.unit_id, language=language)
        text, _ = body(campaign.content, values=values)
        after = self._after(campaign.content, language=language, left_out=0)
        return Reply(text=text + after, buttons=self._rows(campaign, language=language))

    def too_long(self, campaign: Campaign, *, contact: Contact, capabilities: Capabilities) -> int:
        """By how many characters the message of whoever gets the longest is over one message of this channel; 0: it fits."""
        units = self._units.communes if self._units else []
        longest = max(units, key=lambda pair: len(pair[1].label), default=None)
        unit_ids = {None, longest[0] if longest else None}
        sizes = [
            _size(
                self.render_campaign(
                    campaign, contact=replace(contact, language=language, unit_id=unit_id), capabilities=capabilities
                ),
                capabilities=capabilities,
            )
            for language in LANGUAGES
            for unit_id in unit_ids
        ]
        return max(0, max(sizes) - capabilities.max_text)

    def _after(self, content: Content, *, language: str, left_out: int) -> str:
        """What stands below the words: the question, the source, what this channel cannot bring."""
        say, parts = self._catalog.say, []
        if content.question:
            parts.append(say("media.question", language=language, text=content.question.text))
        if left_out:
            photos = sum(one.kind == AttachmentKind.PHOTO for one in content.media)
            files = len(content.media) - photos
            parts.append(say("media.not_here", language=language, photos=photos, files=files))
        if content.source:
            parts.append(say("campaign.source", language=language, source=content.source))
        return "".join(f"\n\n{part}" for part in parts)

    def _rows(self, campaign: Campaign, *, language: str) -> tuple[tuple[Button, ...], ...]:
        content, number = campaign.content, campaign.campaign_id
        links = [(Button(label=link.label, url=link.url),) for link in content.links]
        options = content.question.options if content.question else ()
        word = self._catalog.label("media.answer_code", language=language)
        answers = [
            (Button(label=option, payload=f"cam:ans:{number}-{place}", code=f"{word} {LETTERS[place]} {number}"),)
            for place, option in enumerate(options)
        ]
        last = (self._button("read", campaign, language=language), self._button("stop", campaign, language=language))
        return (*links, *answers, last)

    def _button(self, name: str, campaign: Campaign, *, language: str) -> Button:
        """A campaign comes between the questions of a conversation, so what is typed for its buttons must name it."""
        say, number = self._catalog.label, campaign.campaign_id
        payload = f"pro:stop:c{number}" if name == "stop" else f"cam:{name}:{number}"
        return Button(
            label=say(f"campaign.{name}", language=language),
            payload=payload,
            code=f"{say(f'campaign.{name}_code', language=language)} {number}",
        )


def _lines(rows: tuple[tuple[Button, ...], ...]) -> int:
    """How many characters buttons take as lines of the text."""
    return sum(len(one.code or "") + len(one.label) + len(one.url) + len(":  \n") for row in rows for one in row)


def _size(reply: Reply, *, capabilities: Capabilities) -> int:
    """In the longest unit any channel counts in, with the buttons where they are lines."""
    buttons = sum(map(len, reply.buttons))
    listed = not capabilities.buttons or 0 < capabilities.max_buttons < buttons
    shown = spelled(reply.text)
    return len(shown.encode("utf-16-le")) // 2 + (_lines(reply.buttons) if listed else 0)
