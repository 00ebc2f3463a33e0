"""Evidence in the conversation: photos, files and links; an album is one answer."""

from collections.abc import Sequence
from dataclasses import replace

from handlers.nominations.drafts import answered
from handlers.nominations.typed import pieces_of
from handlers.nominations.words import Scene, buttons, show
from outreach.messaging import Replies, Reply
from outreach.nominations.form import EVIDENCE, Attach, Tell, step
from outreach.nominations.model import Nomination
from outreach.nominations.writing import attach

_MEGABYTE = 1024 * 1024


async def take_evidence(scene: Scene, draft: Nomination) -> Replies:
    """Photos, files and links. Only the first photo of an album is answered; the others are added in silence."""
    turn, most = scene.turn, scene.question(EVIDENCE).most
    album = turn.incoming.album
    dialogue = turn.dialogue
    quiet = bool(album) and dialogue is not None and dialogue.data.get("album") == album
    megabytes = scene.form.definition.file_megabytes
    pieces, too_large = pieces_of(turn.incoming, most_bytes=megabytes * _MEGABYTE)
    state, prompts, _ = step(scene.form, scene.state, Attach(len(pieces)))
    if prompts[0].tell is Tell.AGAIN:
        return _quietly(scene, draft, show(scene, prompts), quiet=quiet)
    if too_large:
        large = turn.reply("nominate.pieces_large", buttons(scene, EVIDENCE), megabytes=megabytes)
        return answered(scene, draft.nomination_id, large, album=album)
    added = await attach(
        turn.known.actor,
        turn.tx,
        draft=draft,
        pieces=pieces,
        account_id=turn.incoming.address.account_id,
        most=most,
        at=turn.now,
    )
    after = replace(scene, state=replace(state, pieces=draft.pieces + added))
    told: tuple[Reply, ...]
    if not added:
        full = draft.pieces >= most
        key = "nominate.pieces_full" if full else "nominate.pieces_again"
        told = (turn.reply(key, buttons(after, EVIDENCE), most=most),)
        if album and not full and not quiet:
            return answered(after, draft.nomination_id, *told)  # the album's first new picture is answered as well
        return _quietly(after, draft, told, quiet=quiet and not full)
    if album and state.step == EVIDENCE:
        told = (turn.reply("nominate.pieces_album", buttons(after, EVIDENCE)),)
    else:
        told = show(after, prompts)
    return _quietly(after, draft, told, quiet=quiet)


def _quietly(scene: Scene, draft: Nomination, told: Sequence[Reply], *, quiet: bool) -> Replies:
    """Say it, unless it is about a later photo of an album whose first one was answered."""
    turn = scene.turn
    if quiet and turn.dialogue:
        turn.dialogue = replace(turn.dialogue, answered_at=turn.now)
        return Replies()
    return answered(scene, draft.nomination_id, *told, album=turn.incoming.album)
