"""Log lines: one format, and a filter before every handler that keeps persons and secrets out."""

import logging
import re
import sys
import traceback
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TextIO

# Libraries that write what was sent or asked (addresses with the token, parameters) at their lower levels.
_TALKATIVE = (
    "alembic",
    "telegram",
    "httpx",
    "httpcore",
    "aiohttp.access",
    "aiohttp.client",
    "uvicorn.access",
    "sqlalchemy",
    "aiosqlite",
    "asyncio",
    "apscheduler",
)
_TOKEN = re.compile(r"(?<!\d)\d{5,}:[A-Za-z0-9_-]{5,}")
_PHONE = re.compile(r"(?<![\d.])(?:\+?84|0)(?:[ .-]?\d){8,10}(?!\d)")
_LONG_NUMBER = re.compile(r"\d{9,}")
_HIDDEN = "[hidden]"
_NUMBER = "[number]"

# Errors of these classes speak about machines; the text of any other may quote what a person wrote.
_SPEAKING = (OSError, ImportError)


class RedactingFilter(logging.Filter):
    """Makes of each record a text without tokens, secrets and long numbers; of an error its class and where it happened."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._secrets = sorted((secret for secret in secrets if secret), key=len, reverse=True)

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            text = record.getMessage()
        except Exception as error:  # noqa: BLE001  a wrong call of the log must not stop what it is about
            text = f"{record.msg!s} (its arguments do not fit: {type(error).__name__})"
        if record.name == "asyncio":
            text = text.partition("\n")[0]  # the lines below show tasks and errors with all that they hold
        record.msg, record.args = self.redact(text), None
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = self.redact("".join(_told(record.exc_info[1])).rstrip())
            record.exc_info = None
        return True

    def redact(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        text = _TOKEN.sub(_HIDDEN, text)
        return _LONG_NUMBER.sub(_NUMBER, _PHONE.sub(_NUMBER, text))


def _told(error: BaseException, *, depth: int = 0) -> Iterator[str]:
    """Class, code and frames of an error and of what led to it, without the values in its text."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and depth < 10:  # noqa: PLR2004  a longer chain tells nothing more
        yield from _told(cause, depth=depth + 1)
        yield "which led to:\n"
    for frame, line in traceback.walk_tb(error.__traceback__):
        yield f'  File "{frame.f_code.co_filename}", line {line}, in {frame.f_code.co_qualname}\n'
    yield f"{type(error).__module__}.{type(error).__qualname__}{_said(error)}\n"
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _told(inner, depth=depth + 1)


def _said(error: BaseException) -> str:
    if isinstance(error, _SPEAKING):
        return f": {error}"
    code = getattr(error, "reason", "") or getattr(error, "code", "")  # SendError, OutreachError
    return f": {code}" if isinstance(code, str) and code.isidentifier() else ""


class _Formatter(logging.Formatter):
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802  its name
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def set_up_logs(level: str, *, secrets: Iterable[str] = (), to: TextIO | None = None) -> None:
    """Everything goes to stderr (or `to`) through the filter; `level` is ours, libraries speak from WARNING on.

    uvicorn has to be started with `log_config=None`, otherwise it brings handlers of its own.
    """
    handler = logging.StreamHandler(to or sys.stderr)
    handler.addFilter(RedactingFilter(secrets))
    handler.setFormatter(_Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
