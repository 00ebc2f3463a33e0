"""Officers are spoken to without a pronoun: the texts that only they read."""

import re
from collections.abc import Mapping

from content.catalog import Catalog

FILES = ("campaign", "coverage", "declare", "invite", "population", "review")
SHARED = ("conversation", "menu", "profile", "reason")  # where officers have variants of texts for everybody
# Said in these files to somebody outside.
TO_OTHERS = frozenset({"invite.forward", "review.nominator_told"})
PRONOUN = re.compile(r"(?<!một )(?<!của )\bmình\b|\bbạn\b", re.IGNORECASE)  # alone; one's own


def only_officers(key: str) -> bool:
    mine = key.split(".", maxsplit=1)[0] in FILES or key.endswith("_officer") or key.startswith("units.officer.")
    return mine and key not in TO_OTHERS


def with_pronoun(texts: Mapping[str, str]) -> list[str]:
    return sorted(key for key, text in texts.items() if only_officers(key) and PRONOUN.search(text))


def test_no_text_for_officers_alone_has_a_pronoun(catalog: Catalog) -> None:
    assert sum(map(only_officers, catalog.texts["vi"])) > 300
    assert with_pronoun(catalog.texts["vi"]) == []


def test_every_officers_variant_stands_beside_the_text_for_everybody(catalog: Catalog) -> None:
    shared = [key for key in catalog.texts["vi"] if key.endswith("_officer") and key.split(".")[0] in SHARED]
    assert len(shared) > 15
    assert [key for key in shared if not catalog.has(key.removesuffix("_officer"))] == []


def test_the_search_finds_a_pronoun() -> None:
    assert with_pronoun({"menu.x_officer": "Bạn gõ lại", "declare.x": "mình giữ", "menu.x": "Bạn gõ lại"}) == [
        "declare.x",
        "menu.x_officer",
    ]
    assert with_pronoun({"declare.x": "chỉ một mình cán bộ", "coverage.x": "mức cao nhất của mình"}) == []
