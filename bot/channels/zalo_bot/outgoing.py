"""One reply as the plain messages it takes."""

from markupsafe import escape

from bot.channels.kit import listed, plain, split, utf16_units, visible
from outreach.messaging import Reply

LONGEST_TEXT = 2000  # UTF-16 units: the unit is not documented, and this is the shortest reading


def parts_of(reply: Reply) -> list[str]:
    """The texts to send, none longer than a message may be. The choices are lines and stay together on the last one."""
    parts = _cut(plain(reply.text))
    choices = plain(listed(reply))
    if parts and choices and utf16_units(joined := f"{parts[-1]}\n\n{choices}") <= LONGEST_TEXT:
        return [*parts[:-1], joined]
    return [*parts, *_cut(choices)]


def _cut(text: str) -> list[str]:
    if not text.strip():
        return []
    # `split` reads markup, so the text is written as such and read again.
    return [visible(part) for part in split(str(escape(text)), limit=LONGEST_TEXT, measure=utf16_units)]
