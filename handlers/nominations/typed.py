"""What was typed or sent, as an answer of the form: free words that mean a choice, pieces of evidence, ways to be reached."""

import hashlib
from collections.abc import Callable, Iterable

from handlers.buttons import payload
from handlers.nominations.contact_way import CHAT, read_contact
from handlers.nominations.words import Scene
from outreach.evidence import EvidenceKind, NewPiece
from outreach.messaging import Attachment, AttachmentKind, Incoming
from outreach.nominations.form import EVIDENCE, Answer, Choose, Move, Say
from outreach.nominations.rules import links_in
from outreach.pack import FormQuestion, QuestionKind
from outreach.text import fold, nfc

_EXACT = "="
_AROUND = " .!"
_NAME_LENGTH = 200
_LEAST_OF_A_FIELD = 3  # letters: "thể thao" finds its field, "an" finds none


def means(scene: Scene, key: str) -> bool:
    """Whether the whole text is one of the words under `nominate.words.<key>`; one behind "=" asks for its very diacritics."""
    text = scene.turn.incoming.text
    words = [word.strip() for word in scene.turn.label(f"nominate.words.{key}").split(",")]
    exact = {nfc(word[1:]).casefold() for word in words if word.startswith(_EXACT)}
    return nfc(text).strip(_AROUND).casefold() in exact or fold(text) in {
        fold(word) for word in words if not word.startswith(_EXACT)
    }


def read_words(scene: Scene) -> Answer:
    """The answer that typed words give to the open question. Words for back and for the choices come first."""
    text, code = scene.turn.incoming.text, scene.state.step
    if means(scene, "back"):
        return Move("back")
    question = next((one for one in scene.form.definition.questions if one.code == code), None)
    if question is None:
        sends = means(scene, "send") or (means(scene, "agree") and _is_asked_to_send(scene))
        return Move("send") if sends else Say(text)
    read = _READERS.get(question.kind)
    return (read(scene, question) if read else None) or Say(text)


def _is_asked_to_send(scene: Scene) -> bool:
    """Whether [Gửi] stood in the last message: a yes to another question, to delete for instance, sends nothing."""
    here = scene.turn.dialogue
    return here is not None and payload(scene.flow, "go", "send") in here.choices.values()


def _choice(scene: Scene, question: FormQuestion) -> Answer | None:
    option = next((one for one in question.options if means(scene, f"{question.code}_{one}")), None)
    return Choose(question.code, option) if option else None


def _contact(scene: Scene, question: FormQuestion) -> Answer | None:
    value = CHAT if means(scene, "chat") else read_contact(scene.turn.incoming.text)
    return Choose(question.code, value) if value else None


def _evidence(scene: Scene, _: FormQuestion) -> Answer | None:
    return Move("done") if means(scene, "done") else None


def _field(scene: Scene, question: FormQuestion) -> Answer | None:
    """A field by part of its name, when that part belongs to one only."""
    said = f" {fold(scene.turn.incoming.text)} "
    pack, language = scene.turn.world.pack, scene.turn.language
    named = [
        field.code
        for field in pack.fields
        if field.code in scene.form.fields and said in f" {fold(field.name.of(language))} "
    ]
    return Choose(question.code, named[0]) if len(named) == 1 and len(said.strip()) >= _LEAST_OF_A_FIELD else None


_READERS: dict[QuestionKind, Callable[[Scene, FormQuestion], Answer | None]] = {
    QuestionKind.CHOICE: _choice,
    QuestionKind.FIELD: _field,
    QuestionKind.CONTACT: _contact,
    QuestionKind.EVIDENCE: _evidence,
}


# Evidence


def pieces_of(incoming: Incoming, *, most_bytes: int) -> tuple[list[NewPiece], bool]:
    """Attachments and links of one message, and whether something was too large to be fetched at all."""
    small = [one for one in incoming.attachments if one.size <= most_bytes]
    pieces = [_attached(one, caption=incoming.text) for one in small]
    if not incoming.attachments:
        pieces += [_linked(link) for link in dict.fromkeys([*links_in(incoming.text), *_web(incoming.links)])]
    return pieces, len(small) < len(incoming.attachments)


def _web(links: Iterable[str]) -> list[str]:
    return [found for link in links for found in links_in(link)]


def _attached(one: Attachment, *, caption: str) -> NewPiece:
    kind = EvidenceKind.PHOTO if one.kind == AttachmentKind.PHOTO else EvidenceKind.FILE
    return NewPiece(
        kind=kind,
        ref=one.ref,
        unique=one.unique or one.ref,
        name=(one.name or caption)[:_NAME_LENGTH],
        media_type=one.media_type,
        size=one.size,
    )


def _linked(link: str) -> NewPiece:
    return NewPiece(kind=EvidenceKind.LINK, ref=link, unique=hashlib.sha256(link.encode()).hexdigest())


def is_evidence(scene: Scene) -> bool:
    """Whether this message is to be taken as evidence: anything attached, or words at the question on evidence that hold a link."""
    incoming = scene.turn.incoming
    return bool(incoming.attachments) or (
        scene.state.step == EVIDENCE and bool(links_in(incoming.text) or _web(incoming.links))
    )
