"""The pages of a pack as messages: their simple Markdown (paragraphs, lists, bold, italics) in the messages' own HTML."""

import re

from markupsafe import Markup, escape

from outreach.pack import Page

_BOLD = re.compile(r"\*\*(.+?)\*\*")
_ITALIC = re.compile(r"(?<!\*)\*([^*\n]+)\*(?!\*)")
_ITEM = re.compile(r"^- ", re.MULTILINE)


def render_page(page: Page) -> Markup:
    """Title and body, safe to stand in a template as it is."""
    body = str(escape(page.body.strip()))
    body = _ITALIC.sub(r"<i>\1</i>", _BOLD.sub(r"<b>\1</b>", body))
    return Markup("<b>{}</b>\n\n").format(page.title) + Markup(_ITEM.sub("• ", body))  # noqa: S704  (escaped above)
