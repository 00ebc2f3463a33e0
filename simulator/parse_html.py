"""HTML parse mode: tags to entities whose offsets count UTF-16 units, with the error texts of the real server."""

from dataclasses import dataclass
from typing import Any

from simulator.errors import ApiError, bad_request

TAGS = {
    "a": "text_link",
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "u": "underline",
    "ins": "underline",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "tg-emoji": "custom_emoji",
    "pre": "pre",
    "code": "code",
    "blockquote": "blockquote",
}
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
SPACES = " \t\n\r\0\v"
HIGHEST_CODE = 0x10FFFF
LONGEST_NUMBER = 10
FIRST_SURROGATE, LAST_SURROGATE = "\ud800", "\udfff"
SURROGATES = (
    "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code units"
)


def utf16_length(text: str) -> int:
    """How many UTF-16 units the text takes: the unit of entity offsets, not of limits."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def parse_error(text: str) -> ApiError:
    return bad_request(f"can't parse entities: {text}")


@dataclass(slots=True, kw_only=True)
class OpenTag:
    name: str
    attributes: dict[str, str]
    offset: int
    text_at: int


class HtmlParser:
    """Reads one text from left to right; ``at`` is the place in it."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._parts: list[str] = []
        self._units = 0
        self._open: list[OpenTag] = []
        self._entities: list[dict[str, Any]] = []

    def parse(self) -> tuple[str, list[dict[str, Any]]]:
        """The plain text and its entities, outer before inner."""
        source = self._source
        while self._at < len(source):
            sign = source[self._at]
            if sign == "<":
                if source.startswith("</", self._at):
                    self._end_tag()
                else:
                    self._start_tag()
            elif sign == "&":
                self._keep(self._character())
            else:
                stop = min((place for mark in "<&" if (place := source.find(mark, self._at)) >= 0), default=len(source))
                self._keep(source[self._at : stop])
                self._at = stop
        if self._open:
            raise parse_error(f'Can\'t find end tag corresponding to start tag "{self._open[-1].name}"')
        text = "".join(self._parts)
        if any(FIRST_SURROGATE <= sign <= LAST_SURROGATE for sign in text):
            raise parse_error(SURROGATES)
        self._entities.sort(key=lambda entity: (entity["offset"], -entity["length"]))
        return text, [merged for merged in self._entities if merged["type"] != "merged"]

    def _keep(self, text: str) -> None:
        self._parts.append(text)
        self._units += utf16_length(text)

    def _bytes(self, place: int) -> int:
        return len(self._source[:place].encode("utf-8", "surrogatepass"))

    def _sign(self) -> str:
        """The sign at the present place, the empty string at the end."""
        return self._source[self._at : self._at + 1]

    def _skip_spaces(self) -> None:
        while (sign := self._sign()) and sign in SPACES:
            self._at += 1

    def _character(self) -> str:
        """Read ``&name;`` or ``&#number;`` at the present place; anything else is an ampersand that means itself."""
        source, start = self._source, self._at
        end = start + 1
        if source.startswith("#", end):
            hexadecimal = source[end + 1 : end + 2] in {"x", "X"}
            digits = "0123456789abcdefABCDEF" if hexadecimal else "0123456789"
            first = end = end + 1 + hexadecimal
            while source[end : end + 1] and source[end] in digits:
                end += 1
            number = source[first:end]
            code = int(number, 16 if hexadecimal else 10) if number else 0
            found = chr(code) if 0 < code < HIGHEST_CODE and end - start < LONGEST_NUMBER else None
        else:
            while source[end : end + 1].isascii() and source[end : end + 1].isalpha():
                end += 1
            found = NAMED.get(source[start + 1 : end])
        if found is None:
            self._at = start + 1
            return "&"
        self._at = end + source.startswith(";", end)
        return found

    def _start_tag(self) -> None:
        begin = self._at
        self._at += 1
        while (sign := self._sign()) and sign not in SPACES and sign != ">":
            self._at += 1
        if not self._sign():
            raise parse_error(f"Unclosed start tag at byte offset {self._bytes(begin)}")
        name = self._source[begin + 1 : self._at].lower()
        if name not in TAGS:
            raise parse_error(f'Unsupported start tag "{name}" at byte offset {self._bytes(begin)}')
        attributes: dict[str, str] = {}
        while True:
            self._skip_spaces()
            if self._sign() == ">":
                break
            key, value = self._attribute(name, begin=begin)
            attributes[key] = value
        self._at += 1
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise parse_error(f'Tag "span" must have class "tg-spoiler" at byte offset {self._bytes(begin)}')
        self._open.append(OpenTag(name=name, attributes=attributes, offset=self._units, text_at=len(self._parts)))

    def _attribute(self, tag: str, *, begin: int) -> tuple[str, str]:
        start = self._at
        while (sign := self._sign()) and sign not in SPACES and sign not in "=>/\"'":
            self._at += 1
        key = self._source[start : self._at].lower()
        if not key:
            raise parse_error(f'Empty attribute name in the tag "{tag}" at byte offset {self._bytes(begin)}')
        self._skip_spaces()
        if self._sign() != "=":
            return key, ""
        self._at += 1
        self._skip_spaces()
        if not self._sign():
            raise parse_error(f'Unclosed start tag "{tag}" at byte offset {self._bytes(begin)}')
        value = self._quoted(self._sign()) if self._sign() in {'"', "'"} else self._name_token()
        if not self._sign():
            raise parse_error(f"Unclosed start tag at byte offset {self._bytes(begin)}")
        return key, value

    def _quoted(self, quote: str) -> str:
        self._at += 1
        parts = []
        while (sign := self._sign()) and sign != quote:
            if sign == "&":
                parts.append(self._character())
            else:
                parts.append(sign)
                self._at += 1
        self._at += 1
        return "".join(parts)

    def _name_token(self) -> str:
        start = self._at
        while (sign := self._sign()) and sign.isascii() and (sign.isalnum() or sign in ".-"):
            self._at += 1
        if self._sign() not in SPACES + ">" or not self._sign():
            raise parse_error(f"Unexpected end of name token at byte offset {self._bytes(start)}")
        return self._source[start : self._at].lower()

    def _end_tag(self) -> None:
        begin = self._at
        if not self._open:
            raise parse_error(f"Unexpected end tag at byte offset {self._bytes(begin)}")
        while (sign := self._sign()) and sign not in SPACES and sign != ">":
            self._at += 1
        name = self._source[begin + 2 : self._at].lower()
        self._skip_spaces()
        if self._sign() != ">":
            raise parse_error(f"Unclosed end tag at byte offset {self._bytes(begin)}")
        self._at += 1
        opened = self._open.pop()
        if name and name != opened.name:
            raise parse_error(
                f'Unmatched end tag at byte offset {self._bytes(begin)}, expected "</{opened.name}>", found "</{name}>"'
            )
        if self._units > opened.offset:
            self._entities.append(self._entity(opened))

    def _entity(self, opened: OpenTag) -> dict[str, Any]:
        """The entity a closed tag stands for; its type is ``merged`` where it adds nothing."""
        attributes = opened.attributes
        entity: dict[str, Any] = {
            "offset": opened.offset,
            "length": self._units - opened.offset,
            "type": TAGS[opened.name],
        }
        if opened.name == "a":
            entity |= self._link(attributes.get("href") or "".join(self._parts[opened.text_at :]))
        elif opened.name == "tg-emoji":
            if not attributes.get("emoji-id", "").isdigit():
                raise parse_error("Invalid custom emoji identifier specified")
            entity["custom_emoji_id"] = attributes["emoji-id"]
        elif opened.name == "blockquote" and "expandable" in attributes:
            entity["type"] = "expandable_blockquote"
        elif opened.name == "code":
            language = attributes.get("class", "")
            if language.startswith("language-"):
                entity["language"] = language.removeprefix("language-")
            if not (self._open and self._open[-1].name == "pre"):
                entity.pop("language", None)
        elif opened.name == "pre" and self._entities and self._entities[-1].get("language"):
            inner = self._entities[-1]
            if (inner["offset"], inner["length"]) == (entity["offset"], entity["length"]):
                entity["language"] = inner["language"]
                inner["type"] = "merged"
        return entity

    @staticmethod
    def _link(url: str) -> dict[str, Any]:
        if url.startswith("tg://user?id=") and url.removeprefix("tg://user?id=").isdigit():
            return {"type": "text_mention", "user": {"id": int(url.removeprefix("tg://user?id="))}}
        scheme, colon, rest = url.partition(":")
        if not colon:
            scheme, rest = "http", f"//{url}"
        host = rest.lstrip("/").split("/")[0]
        known = scheme.lower() in {"http", "https", "tg", "ton", "tonsite", "mailto", "tel"}
        if not known or not host or " " in host or ("." not in host and scheme.lower() in {"http", "https"}):
            return {"type": "merged"}
        if not colon:
            url = f"http://{url}"
        return {"url": url if rest.lstrip("/").count("/") or scheme.lower() not in {"http", "https"} else f"{url}/"}


def parse_html(source: str) -> tuple[str, list[dict[str, Any]]]:
    return HtmlParser(source).parse()
