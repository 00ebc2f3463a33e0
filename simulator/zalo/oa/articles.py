"""Articles: made with a token, known by an id a little later."""

from dataclasses import dataclass
from typing import Any

from simulator.ids import hex_id
from simulator.zalo.oa.errors import OaError

FIRST_ARTICLE = 2**42


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """``content`` is the article as it was given; it can be had by its id from ``ready_at`` on."""

    id: str
    ready_at: float
    content: dict[str, Any]

    def card(self) -> dict[str, Any]:
        """What a chat shows of it."""
        title, description = str(self.content["title"]), str(self.content["description"])
        found = {"title": title, "description": description, "url": f"/sim/zalo/oa/articles/{self.id}"}
        cover = self.content.get("cover")
        if isinstance(cover, dict) and isinstance(cover.get("photo_url"), str):
            found["cover"] = cover["photo_url"]
        return found


class Articles:
    def __init__(self) -> None:
        self._by_id: dict[str, Article] = {}
        self._id_of: dict[str, str] = {}

    def put(self, content: dict[str, Any], *, ready_at: float) -> str:
        """Returns the token under which the id is asked for."""
        number = FIRST_ARTICLE + len(self._by_id)
        article = Article(id=hex_id(number), ready_at=ready_at, content=content)
        token = f"article_{hex_id(number + 2**32)}"
        self._by_id[article.id] = article
        self._id_of[token] = article.id
        return token

    def verify(self, token: str, *, now: float) -> Article:
        return self.get(self._id_of.get(token, ""), now=now)

    def get(self, article_id: str, *, now: float) -> Article:
        """A finished article; -214 while it is being made, -201 for none."""
        found = self._by_id.get(article_id)
        if found is None:
            raise OaError(-201, "article is invalid")
        if now < found.ready_at:
            raise OaError(-214)
        return found

    def find(self, article_id: str) -> Article | None:
        return self._by_id.get(article_id)

    def forget(self) -> None:
        self._by_id.clear()
        self._id_of.clear()
