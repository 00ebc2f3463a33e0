"""What has changed between two wordings, line by line, with the words that differ marked."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from markupsafe import Markup, escape

from content.markup import spelled
from outreach.campaigns.model import Content

RIGHT = "✓"  # before the answer that is right
_AROUND = 5  # words that stay to be seen on both sides of a change
_ALIKE = 0.5  # two lines that share less are another line, not a changed one


def changed_lines(before: Content, after: Content) -> list[Markup]:
    """Lines of the HTML subset: "− …" as it was, with what is gone struck out, and "+ …" as it is, with what is new in bold.

    The signs alone say it where a channel drops formatting. Where a link leads, and which answer is right, are words too. Nothing for
    equal words.
    """
    old, new = _lines(before), _lines(after)
    found: list[Markup] = []
    for kind, first, last, start, end in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if kind != "equal":
            found += _replaced(old[first:last], new[start:end])
    return found


def _lines(content: Content) -> list[str]:
    question = content.question
    asked = [question.text] if question else []
    if question:
        asked += [f"{RIGHT} {one}" if place == question.right else one for place, one in enumerate(question.options)]
    paragraphs = [spelled(paragraph) for paragraph in content.formatted] or content.paragraphs
    links = [f"{link.label}: {link.url}" for link in content.links]
    return [line for line in (content.title, content.document, *paragraphs, content.source, *links, *asked) if line]


def _replaced(old: Sequence[str], new: Sequence[str]) -> Iterator[Markup]:
    for number in range(max(len(old), len(new))):
        was = old[number].split() if number < len(old) else []
        now = new[number].split() if number < len(new) else []
        matcher = SequenceMatcher(a=was, b=now, autojunk=False)
        changes = matcher.get_opcodes() if matcher.ratio() >= _ALIKE else [("replace", 0, len(was), 0, len(now))]
        if was:
            yield Markup("− {}").format(_marked(was, [change[:3] for change in changes], tag="s"))
        if now:
            yield Markup("+ {}").format(_marked(now, [(change[0], *change[3:]) for change in changes], tag="b"))


def _marked(words: Sequence[str], spans: Sequence[tuple[str, int, int]], *, tag: str) -> Markup:
    parts: list[Markup] = []
    for number, (kind, first, last) in enumerate(spans):
        if kind == "equal":
            parts.append(escape(_shortened(words[first:last], is_first=number == 0, is_last=number == len(spans) - 1)))
        elif first < last:
            parts.append(Markup(f"<{tag}>{{}}</{tag}>").format(" ".join(words[first:last])))  # noqa: S704  (a tag of ours)
    return Markup(" ").join(parts)


def _shortened(words: Sequence[str], *, is_first: bool, is_last: bool) -> str:
    before, after = (0 if is_first else _AROUND), (0 if is_last else _AROUND)
    if len(words) <= before + after + 1:
        return " ".join(words)
    return " ".join([*words[:before], "…", *words[len(words) - after :]])
