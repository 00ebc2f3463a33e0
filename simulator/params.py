"""The parameters of one call, whether they came in the query, as a form, as JSON or as multipart."""

import io
import json
import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from simulator.errors import ApiError, bad_request

TRUE = frozenset({"true", "yes", "1", "True"})
MOST_BYTES = 60 * 1024 * 1024
DEEPEST = 100  # as the real server's reader of JSON


def _finite(digits: str) -> float:
    """A number of JSON; what is too large for one would be written back as Infinity, which no client reads."""
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(digits)
    return value


DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=_finite)


def _check_depth(found: Any) -> None:
    level = [found]
    for _ in range(DEEPEST + 1):
        level = [
            inner
            for value in level
            if isinstance(value, list | dict)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return
    raise ValueError("too deep")


def load_json(source: str | bytes) -> Any:
    """The value of a JSON text; ValueError for no JSON, for values nested too deeply, for NaN and Infinity, and for halves of surrogate pairs, which are no text."""
    text = source if isinstance(source, str) else source.decode()
    try:
        found = DECODER.decode(text)
    except RecursionError as problem:
        raise ValueError("too deep") from problem
    if text.count("[") + text.count("{") > DEEPEST:
        _check_depth(found)
    if "\\u" in text:
        json.dumps(found, ensure_ascii=False).encode()
    return found


def as_integer(value: Any, default: int = 0) -> int:
    """A whole number however it is written, ``default`` where it is none."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return default


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    name: str
    content: bytes
    content_type: str


@dataclass(slots=True)
class Args:
    """Values as they came: strings, or JSON values where the body was JSON. The getters read them as the real server does."""

    values: dict[str, Any]
    files: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        value = self.values.get(name)
        if value is None:
            return ""
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def integer(self, name: str, default: int = 0) -> int:
        value = self.values.get(name)
        return default if value is None else as_integer(value, default)

    def flag(self, name: str) -> bool:
        return self.text(name).strip() in TRUE

    def parsed(self, name: str, *, error: str) -> Any:
        """The JSON value of a parameter, None where it is missing; ``error`` is said when it is no JSON."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return load_json(value)
        except ValueError as problem:
            raise bad_request(error) from problem

    def chat_id(self) -> int | None:
        """The chat's id if one is given as a number, for the journal and the faults."""
        return self.integer("chat_id") or None


async def read_body(receive: Receive) -> bytes:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return body
    chunks = [body]
    size = len(body)
    while message.get("more_body", False):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > MOST_BYTES:
            raise ApiError(413, "Request Entity Too Large")
    return b"".join(chunks)


async def read_args(scope: Scope, receive: Receive) -> Args:
    values: dict[str, Any] = {}
    if scope["query_string"]:
        values.update(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    body = await read_body(receive)
    if not body:
        return Args(values)
    kind = next((value for name, value in scope["headers"] if name == b"content-type"), b"").lower()
    if kind.startswith(b"multipart/"):
        return await _read_multipart(scope, body, values=values)
    if kind.startswith(b"application/json"):
        values.update(_read_json(body))
    else:
        values.update(_read_form(body))
    return Args(values)


def _read_json(body: bytes) -> dict[str, Any]:
    try:
        found = load_json(body)
    except ValueError as problem:
        raise bad_request("can't parse JSON object") from problem
    if not isinstance(found, dict):
        raise bad_request("JSON object expected")
    return {name: value for name, value in found.items() if value is not None}


@lru_cache(maxsize=4_096)
def _unquoted(value: str) -> str:
    """Cached, because a campaign sends the same long text again and again."""
    return unquote_plus(value, errors="strict")


def _read_form(body: bytes) -> dict[str, str]:
    values = {}
    try:
        for pair in body.decode().split("&"):
            name, _, value = pair.partition("=")
            if name:
                values[_unquoted(name)] = _unquoted(value)
    except UnicodeDecodeError as problem:
        raise bad_request("strings must be encoded in UTF-8") from problem
    return values


async def _read_multipart(scope: Scope, body: bytes, *, values: dict[str, Any]) -> Args:
    async def whole() -> Any:
        yield body

    try:
        parser = MultiPartParser(Headers(scope=scope), whole(), max_part_size=MOST_BYTES)
        form = await parser.parse()
    except MultiPartException as problem:
        raise bad_request("can't parse multipart form data") from problem
    args = Args(values)
    for name, part in form.multi_items():
        if isinstance(part, UploadFile):
            part.file.seek(0, io.SEEK_SET)
            args.files[name] = Upload(
                name=part.filename or "", content=part.file.read(), content_type=part.content_type or ""
            )
            part.file.close()
        else:
            args.values[name] = part
    return args
