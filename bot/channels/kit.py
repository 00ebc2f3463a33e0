"""What every channel needs: whom it hands people's doings to, cutting long texts, choices as lines, what a webhook was sent, and waits that grow."""

import asyncio
import html
import json
import logging
import re
import unicodedata
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from markupsafe import escape
from starlette.requests import ClientDisconnect, Request

from outreach.messaging import Button, Incoming, Receipt, Reply, SendError, SendErrorKind
from outreach.pacing import jittered

log = logging.getLogger(__name__)

T = TypeVar("T")

_TOKEN = re.compile(
    r"<(?P<end>/?)(?P<name>[a-z]+)(?:\s[^<>]*)?>|&(?:#\d+|#[xX][0-9a-fA-F]+|lt|gt|amp|quot);|[^<&]|.", re.DOTALL
)
_JOINER = "\u200d"
_MODIFIERS = range(0x1F3FB, 0x1F400)  # skin tones
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)  # two of them are one flag

Measure = Callable[[str], int]
Handle = Callable[[Incoming], Awaitable[None]]  # returns once the turn is committed
# True once it is committed or written down, False when neither could be; never raises.
Take = Callable[[Incoming], Awaitable[bool]]
HandleReceipts = Callable[[list[Receipt]], Awaitable[None]]  # returns once they are written


@dataclass(frozen=True, slots=True)
class _Sign:
    """One visible character: as written in the source, as read, and the tags around it, outermost first."""

    source: str
    shown: str
    around: tuple[tuple[str, str], ...]  # (name, the whole start tag)


def _signs(source: str) -> Iterator[_Sign]:
    around: list[tuple[str, str]] = []
    for token in _TOKEN.finditer(source):
        written, name = token.group(), token["name"]
        if name is None:
            yield _Sign(written, html.unescape(written), tuple(around))
        elif not token["end"]:
            around.append((name, written))
        elif around:
            around.pop()


def visible(source: str) -> str:
    """What is read of the HTML subset, without tags and with its entities resolved."""
    return "".join(sign.shown for sign in _signs(source))


def _written(signs: list[_Sign]) -> str:
    """The signs as HTML again, with the tags around them opened and closed as needed."""
    parts: list[str] = []
    opened: tuple[tuple[str, str], ...] = ()
    for sign in [*signs, _Sign("", "", ())]:
        if sign.around != opened:
            same = 0
            while same < min(len(opened), len(sign.around)) and opened[same] == sign.around[same]:
                same += 1
            parts += [f"</{name}>" for name, _ in reversed(opened[same:])]
            parts += [tag for _, tag in sign.around[same:]]
            opened = sign.around
        parts.append(sign.source)
    return "".join(parts)


def _clings(signs: list[_Sign], place: int) -> bool:
    """Whether a cut before the sign at `place` (not the first) would tear one character as people see it."""
    shown, before = signs[place].shown[:1] or " ", signs[place - 1].shown
    return (
        unicodedata.category(shown).startswith("M")  # marks, and the selectors of how a sign is drawn
        or _JOINER in {shown, before}
        or ord(shown) in _MODIFIERS
        or (ord(shown) in _FLAG_LETTERS and _flag_letters(signs[:place]) % 2 == 1)
    )


def _flag_letters(signs: list[_Sign]) -> int:
    """How many of them the last signs are, in a row."""
    count = 0
    for sign in reversed(signs):
        if ord(sign.shown[:1] or " ") not in _FLAG_LETTERS:
            break
        count += 1
    return count


def _cut(signs: list[_Sign], most: int) -> int:
    """Where to cut within the first `most` signs: after a paragraph, a line, a sentence, a word, else anywhere whole.

    The nicer place is taken only where it leaves at least a third of the part.
    """
    text = "".join(sign.shown[:1] or " " for sign in signs[: most + 1])
    for mark in ("\n\n", "\n", ". ", " "):
        place = text.rfind(mark, most // 3, most + 1)
        if place > 0:
            return place + (1 if mark == ". " else 0)
    place = most
    while place and _clings(signs, place):
        place -= 1
    return place or most


def _trimmed(signs: list[_Sign]) -> list[_Sign]:
    first, last = 0, len(signs)
    while first < last and signs[first].shown.isspace():
        first += 1
    while last > first and signs[last - 1].shown.isspace():
        last -= 1
    return signs[first:last]


def _fitting(signs: list[_Sign], *, limit: int, measure: Measure) -> int:
    """How many of the first signs fit into `limit` units; at least one."""
    used = 0
    for place, sign in enumerate(signs):
        used += measure(sign.shown)
        if used > limit:
            return max(place, 1)
    return len(signs)


def split(source: str, *, limit: int, measure: Measure = len) -> list[str]:
    """The HTML subset in parts that each show at most `limit` units, none cut inside a tag, an entity or a character.

    `measure` is the channel's own unit: code points by default. Tags that are open at a cut are closed and opened again;
    white space at a cut is dropped. A text that fits, or shows nothing, comes back as it is.
    """
    if measure(source) <= limit:
        return [source]
    rest = list(_signs(source))
    if sum(measure(sign.shown) for sign in rest) <= limit:
        return [source]
    parts = []
    while rest := _trimmed(rest):
        fitting = _fitting(rest, limit=limit, measure=measure)
        end = fitting if fitting == len(rest) else _cut(rest, fitting)
        parts.append(_written(_trimmed(rest[:end])))
        rest = rest[end:]
    return parts or [source]


_LINK = re.compile(r'<a\s[^<>]*href="(?P<url>[^"<>]*)"[^<>]*>(?P<words>.*?)</a>', re.DOTALL)


def plain(source: str) -> str:
    """The HTML subset as text for a channel that has no formatting: links stand after their words, NFC."""

    def spelled(link: re.Match[str]) -> str:
        words, url = visible(link["words"]).strip(), html.unescape(link["url"])
        return str(escape(url if words in {"", url} else f"{words} ({url})"))

    return unicodedata.normalize("NFC", visible(_LINK.sub(spelled, source)))


def utf16_units(text: str) -> int:
    """The length as JavaScript and Java count it: a sign beyond the basic plane is two."""
    return len(text) + sum(sign > "\uffff" for sign in text)


def numbered(reply: Reply) -> Reply:
    """The same reply with its buttons as lines of the text."""
    if not reply.buttons:
        return reply
    text = "\n\n".join(part for part in (reply.text, listed(reply)) if part)
    return replace(reply, text=text, buttons=())


def listed(reply: Reply) -> str:
    """The buttons as lines, counted as the conversation counts what is typed; a choice that the text itself numbers is not repeated.

    Where the labels are numbers themselves (years, pages) they are only named; a button with a code asks for that.
    """
    buttons = [button for row in reply.buttons for button in row]
    choices = [button for button in buttons if button.payload]
    counted = not any(button.label.isdecimal() for button in choices)
    told = visible(reply.text).splitlines()
    lines = [
        _line(number, button, counted=counted)
        for number, button in enumerate(choices, start=1)
        if not _stands_in(told, number, button)
    ]
    links = [f"{escape(button.label)}: {escape(button.url or button.copy)}" for button in buttons if not button.payload]
    return "\n".join([*(lines if counted else [" · ".join(lines)] * bool(lines)), *links])


def _stands_in(told: Sequence[str], number: int, button: Button) -> bool:
    """Whether some line begins with what is typed for the button, and with its words, perhaps cut short."""
    words = button.label.removeprefix(f"{number}. ").removesuffix("…")
    head = f"{button.label}. " if button.label.isdecimal() else f"{number}. {words}"
    return not button.code and any(line.startswith(head) for line in told)


def _line(number: int, button: Button, *, counted: bool) -> str:
    if button.code:
        return f"{escape(button.code)}: {escape(button.label)}"
    told = escape(button.label + button.note)
    counts_itself = button.label.startswith(f"{number}. ")
    return f"{number}. {told}" if counted and not counts_itself else str(told)


def growing_waits(*, first: float, most: float) -> Iterator[float]:
    """Seconds to wait before each new attempt: doubled every time up to `most`, without end."""
    wait = first
    while True:
        yield wait
        wait = min(2 * wait, most)


# Of a message in all, where the provider answered and nobody can tell whether it arrived: at most one repeat.
ODD_TRIES = 2

# A later part that surely has not arrived is waited for.
_WAIT_AND_GO_ON = frozenset({SendErrorKind.NOT_NOW, SendErrorKind.NEVER_LEFT, SendErrorKind.REFUSED})
# Whoever hears one of these may send the whole once more: not after a part of it has arrived.
_GIVES_BACK = _WAIT_AND_GO_ON | {
    SendErrorKind.UNKNOWN,
    SendErrorKind.REVOKED,
    SendErrorKind.WINDOW_CLOSED,
    SendErrorKind.EXHAUSTED,
}
_MOST_ATTEMPTS = 4
_LONGEST_PAUSE = 30.0  # seconds


async def send_parts(
    parts: Sequence[Reply], send: Callable[[Reply], Awaitable[str | tuple[str, ...]]], *, first_wait: float = 1.0
) -> tuple[str, ...]:
    """Send one message after the other; the refs of all, in order. An album is one part with several refs.

    `first_wait` in seconds, before a part is tried again.

    Raises SendError; see `partly`.
    """
    refs = _refs(await send(parts[0]))
    for place, part in enumerate(parts[1:], start=1):
        try:
            refs += _refs(await patiently(partial(send, part), first_wait=first_wait))
        except SendError as error:
            raise partly(error, refs=refs, rest=parts[place:]) from error
    return refs


def _refs(found: str | tuple[str, ...]) -> tuple[str, ...]:
    return (found,) if isinstance(found, str) else found


async def patiently(send: Callable[[], Awaitable[T]], *, first_wait: float) -> T:
    """A later part is waited for here, as long as it surely has not arrived."""
    waits = growing_waits(first=first_wait, most=_LONGEST_PAUSE)
    for attempt in range(1, _MOST_ATTEMPTS):
        try:
            return await send()
        except SendError as error:
            error.tried = attempt
            if error.kind not in _WAIT_AND_GO_ON or attempt == error.most_tries:
                raise
            await asyncio.sleep(jittered(min(max(next(waits), error.retry_after), _LONGEST_PAUSE)))
    return await send()


def partly(error: SendError, *, refs: tuple[str, ...], rest: Sequence[Reply]) -> SendError:
    """Some parts had arrived before: the error holds what is missing, and its kind is UNKNOWN instead of one after which the whole
    might be sent again.
    """
    log.warning("a message arrived in part only: %s", error.reason)
    again = error.kind in _GIVES_BACK
    return SendError(
        SendErrorKind.UNKNOWN if again else error.kind,
        "partly_sent" if again else error.reason,
        retry_after=error.retry_after,
        refs=refs,
        rest=tuple(rest),
    )


async def capped_body(request: Request, *, most: int) -> bytes | None:
    """What a webhook was sent, or None where it is over `most` bytes (or breaks off)."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                return None
    except ClientDisconnect:
        return None
    return bytes(body)


def json_object(body: bytes) -> dict[str, Any] | None:
    """None for what is no JSON object."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
