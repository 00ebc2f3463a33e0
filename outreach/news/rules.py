"""When two pages are the same news, and which topics a text is about."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace

from outreach.news.model import NewsDraft
from outreach.pack import Topic
from outreach.text import fold

# Blanks between two figures are kept: folding turns "1,5" into "1 5", and that must not become "15".
_LOOSE_BLANK = re.compile(r"(?<!\d) | (?!\d)")

# A word in the title says what the item is about, one in the text only what it also mentions. A topic is proposed when
# the title names it or the text does so this often.
_TITLE_WEIGHT = 3
_LEAST_SCORE = 2


def content_hash(*, title: str, paragraphs: Sequence[str]) -> str:
    """Hex SHA-256 that is equal for one text read from HTML, PDF or a saved page.

    Blind to case, diacritics, punctuation, blanks and where paragraphs break; not to a changed word or figure.
    """
    folded = fold(" ".join([title, *paragraphs]))
    return hashlib.sha256(_LOOSE_BLANK.sub("", folded).encode()).hexdigest()


def own_hash(shared: str, *, officer_id: int) -> str:
    """The hash of an officer's own copy, where the same content is already somebody else's draft that she does not see."""
    return hashlib.sha256(f"{shared}:{officer_id}".encode()).hexdigest()


def _score(topic: Topic, *, title: str, body: str) -> int:
    phrases = {folded for keyword in topic.keywords if (folded := fold(keyword))}
    words = [re.compile(rf"(?<!\S){re.escape(phrase)}(?!\S)") for phrase in phrases]
    return sum(_TITLE_WEIGHT * len(word.findall(title)) + len(word.findall(body)) for word in words)


def propose_topics(draft: NewsDraft, *, topics: Sequence[Topic]) -> NewsDraft:
    """The draft with `topics` (best first; the pack's order decides a tie) and `counts_proposed` filled in.

    It counts only if the best topic does: a sports report that mentions talent once is no talent information.
    """
    title = fold(draft.title)
    body = fold(" ".join(draft.paragraphs))
    scored = [(_score(topic, title=title, body=body), topic) for topic in topics]
    likely = sorted((pair for pair in scored if pair[0] >= _LEAST_SCORE), key=lambda pair: -pair[0])
    found = [topic for _, topic in likely]
    return replace(draft, topics=tuple(topic.code for topic in found), counts_proposed=bool(found) and found[0].counts)
