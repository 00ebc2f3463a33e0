"""What a nominee who said yes can do about the evidence: see what there is, piece by piece, and have one deleted."""

from dataclasses import replace

from handlers.buttons import Press
from handlers.turn import Turn
from outreach.evidence import Evidence, EvidenceId, EvidenceKind
from outreach.messaging import Replies
from outreach.nominations.model import Nomination
from outreach.nominations.nominee import NOMINEE, evidence_about_me, remove_piece

LIST, ASK, REMOVE = "pieces", "piece", "unpiece"
STEPS = frozenset({LIST, ASK, REMOVE})


async def on_evidence(turn: Turn, nomination: Nomination, press: Press) -> Replies | None:
    """None when no evidence is left to show. `arg` is the nomination, or "<nomination>.<piece>"."""
    _, _, wanted = press.arg.partition(".")
    pieces = await evidence_about_me(turn.known.actor, turn.tx, nomination_id=nomination.nomination_id)
    found = next((piece for piece in pieces if str(piece.evidence_id) == wanted), None)
    if press.step == ASK and found:
        return _ask(turn, nomination, found)
    if press.step != REMOVE or found is None:
        return _list(turn, nomination, pieces) if pieces else None
    piece_id = EvidenceId(found.evidence_id)
    await remove_piece(turn.known.actor, turn.tx, nomination_id=nomination.nomination_id, evidence_id=piece_id)
    done = turn.say("nominee.piece_removed", piece=_name(turn, found))
    left = [piece for piece in pieces if piece is not found]
    back = turn.answer(
        "nominee.no_pieces", [[turn.button("nominee.to_mine", NOMINEE, "mine", nomination.nomination_id)]]
    )
    (shown,) = (_list(turn, nomination, left) if left else back).messages
    return Replies(messages=(replace(shown, text=f"{done}\n{shown.text}"),))


def _list(turn: Turn, nomination: Nomination, pieces: list[Evidence]) -> Replies:
    number = nomination.nomination_id
    remove = [
        [turn.button("nominee.piece_remove", NOMINEE, ASK, f"{number}.{piece.evidence_id}", number=place)]
        for place, piece in enumerate(pieces, start=1)
    ]
    rows = [*remove, [turn.button("nominee.to_mine", NOMINEE, "mine", number)]]
    files = any(piece.kind != EvidenceKind.LINK for piece in pieces)
    return turn.answer("nominee.pieces", rows, lines=[_name(turn, piece) for piece in pieces], files=files)


def _ask(turn: Turn, nomination: Nomination, piece: Evidence) -> Replies:
    number = nomination.nomination_id
    yes = turn.button("nominee.piece_yes", NOMINEE, REMOVE, f"{number}.{piece.evidence_id}")
    keep = turn.button("nominee.piece_no", NOMINEE, LIST, number)
    return turn.answer("nominee.piece_sure", [[yes, keep]], piece=_name(turn, piece))


def _name(turn: Turn, piece: Evidence) -> str:
    """The link itself; of a photo or file its name or caption and the day it came."""
    name = piece.ref if piece.kind == EvidenceKind.LINK else piece.name
    return turn.label(f"nominee.piece_{piece.kind}", name=name, on=piece.added_at)
