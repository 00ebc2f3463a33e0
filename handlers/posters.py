"""The code of a poster: in a link's word, or typed, for instance "nhắn BS01". It matters to who joins now."""

import re
from dataclasses import replace

from handlers import join, start
from handlers.conversation import in_conversation
from handlers.turn import Turn
from handlers.words import without_courtesy
from outreach.messaging import Replies
from outreach.posters import Poster, read_code

PREFIX = "src"
# Typed as one word, it looks like a code even where nobody knows it.
_LOOKS_SO = re.compile(r"[a-z]{2,}\d{2,}")


async def opened(turn: Turn) -> Replies:
    """src_<code>: a poster's code, or a word that somebody made up for a link of her own."""
    poster = await _find(turn, turn.incoming.payload.partition("_")[2])
    if poster:
        turn.incoming = replace(turn.incoming, payload=source_of(turn, poster))
    return await start.from_poster(turn)


async def by_code(turn: Turn) -> Replies | None:
    """The code typed. None in the middle of a question, which keeps its answers, unless that is the joining's own before the consent."""
    joining = turn.contact_id is None and turn.dialogue is not None and turn.dialogue.flow == join.NAME
    if in_conversation(turn) and not joining:
        return None
    written = without_courtesy(turn)
    poster = await _find(turn, written)
    if poster is None:
        # Of a stranger's code that nobody knows, only that she wants to begin is certain.
        unknown = (
            turn.contact_id is None and turn.dialogue is None and read_code(written) and _LOOKS_SO.fullmatch(written)
        )
        return join.begin(turn) if unknown else None
    turn.incoming = replace(turn.incoming, payload=source_of(turn, poster))
    if joining:
        turn.source = turn.incoming.payload
        return await join.resume(turn)
    return await start.from_poster(turn)


def source_of(turn: Turn, poster: Poster) -> str:
    """What is kept of it: the unit's code first where it has one, as in the links of the units' own posters."""
    row = turn.world.units.row(poster.unit_id) if poster.unit_id is not None else None
    code = poster.code.lower()
    return f"{PREFIX}_{row.code}-{code}" if row else f"{PREFIX}_{code}"


async def _find(turn: Turn, text: str) -> Poster | None:
    code = read_code(text)
    return await turn.tx.posters.find(code) if code else None
