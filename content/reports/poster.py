"""A poster to print, one page of A4: HTML that any browser prints, with the codes to scan as drawings in it, so it needs no other file."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import segno
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from content.catalog import Catalog
from outreach.pack import Pack
from outreach.posters import Poster

_PAGE = Environment(autoescape=True, undefined=StrictUndefined).from_string(
    (Path(__file__).parent / "poster.html").read_text(encoding="utf-8")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Into the chat of one channel. `carries`: the link brings the code along, so nothing has to be typed."""

    channel: str
    name: str
    link: str
    carries: bool


def poster_page(
    poster: Poster, *, place: str, ways: Sequence[Way], pack: Pack, catalog: Catalog, language: str = "vi"
) -> str:
    """`place` is where it hangs, empty for the whole province; `ways` in the order in which they are offered."""
    return _PAGE.render(
        language=language,
        code=poster.code,
        title=poster.title,
        keeper=" · ".join(filter(None, (pack.organisation.name.of(language), place))),
        about=catalog.label("posters.about", language=language, weekly=pack.sending.weekly_cap),
        ways=[_shown(way, code=poster.code, catalog=catalog, language=language) for way in ways],
        free=catalog.label("posters.free", language=language, age=pack.ages.subscriber_min),
    )


def _shown(way: Way, *, code: str, catalog: Catalog, language: str) -> dict[str, Markup]:
    key = "posters.scan" if way.carries else "posters.scan_and_type"
    app = catalog.label(f"profile.channel_{way.channel}", language=language)
    words = catalog.say(key, language=language, app=app, name=way.name, code=code)
    return {"picture": _drawn(way.link), "words": Markup(words)}  # noqa: S704  (escaped by the catalog)


def _drawn(link: str) -> Markup:
    drawn = io.BytesIO()
    segno.make(link, error="m", micro=False).save(drawn, kind="svg", xmldecl=False, omitsize=True, border=2)
    return Markup(drawn.getvalue().decode())  # noqa: S704  (segno's own drawing)
