"""An exception to the linter or to the types names its code and its reason, on its own line."""

import io
import re
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path

EXCUSE = re.compile(r"#\s*(?:noqa|type:\s*ignore|ruff:|mypy:|pyright:|flake8)", re.IGNORECASE)
NOQA = re.compile(r"#\s*noqa:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*(?P<reason>.*)")
TYPE_IGNORE = re.compile(r"#\s*type:\s*ignore\[[a-z-]+(?:,\s*[a-z-]+)*\](?P<reason>.*)")
LEAST_WORDS = 2


def comments(source: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def is_explained(comment: str) -> bool:
    match = NOQA.search(comment) or TYPE_IGNORE.search(comment)
    return match is not None and len(re.findall(r"[^\W\d_]{2,}", match["reason"])) >= LEAST_WORDS


def test_every_excuse_has_a_code_and_a_reason(python: list[Path], read: Callable[[Path], str]) -> None:
    looked_at = 0
    bare = []
    for path in python:
        for line, comment in comments(read(path)):
            looked_at += 1
            if EXCUSE.search(comment) and not is_explained(comment):
                bare.append(f"{path}:{line}: {comment}")
    assert looked_at >= 20
    assert not bare, f"{looked_at} comments looked at; without a code or a reason: {bare}"


def test_the_measure_wants_both() -> None:
    refused = (
        "# noqa",
        "# noqa: S608",
        "# type: ignore",
        "# type: ignore[arg-type]",
        "# ruff: noqa: S608 made of ours",
    )
    taken = ("# noqa: S608 - names come from our own table", "# type: ignore[arg-type]  # the stub lags behind")
    assert all(EXCUSE.search(comment) for comment in refused + taken)
    assert not any(is_explained(comment) for comment in refused)
    assert all(is_explained(comment) for comment in taken)
