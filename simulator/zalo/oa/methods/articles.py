"""/v2.0/article: create gives a token, verify gives the id once the article is made."""

from typing import Any

from simulator.params import Args
from simulator.zalo.oa.bodies import text_of, word_of
from simulator.zalo.oa.errors import OaError
from simulator.zalo.oa.state import Oa

LONGEST_TITLE, LONGEST_AUTHOR, LONGEST_DESCRIPTION = 150, 50, 300
INVALID = -201


def create(oa: Oa, args: Args) -> dict[str, Any]:
    values = args.values
    text_of(values, "title", longest=LONGEST_TITLE)
    text_of(values, "description", longest=LONGEST_DESCRIPTION)
    text_of(values, "author", longest=LONGEST_AUTHOR)
    if word_of(values, "status", default="hide") not in {"show", "hide"}:
        raise OaError(INVALID, "status is invalid")
    body = values.get("body")
    if not isinstance(body, list) or not body or not all(isinstance(part, dict) for part in body):
        raise OaError(INVALID, "body is invalid")
    return {
        "token": oa.articles.put({"status": "hide", **values}, ready_at=oa.clock.now() + oa.settings.article_seconds)
    }


def verify(oa: Oa, args: Args) -> dict[str, Any]:
    token = text_of(args.values, "token", longest=200)
    return {"id": oa.articles.verify(token, now=oa.clock.now()).id}
