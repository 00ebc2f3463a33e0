"""Coming back to an open conversation after a long silence: asked, never guessed."""

from handlers.buttons import Press, payload
from handlers.menu import told_with_keyboard
from handlers.turn import Flow, Turn
from outreach.dialogue import RESTING
from outreach.messaging import Replies

NAME = "conv"


def in_conversation(turn: Turn) -> bool:
    """Whether a question of some conversation is open, other than of one that only holds what may be pressed."""
    return turn.dialogue is not None and turn.dialogue.flow not in RESTING


async def stale(turn: Turn) -> Replies:
    """The first words after two hours may belong to something else: keep the conversation and ask. Nothing typed is used."""
    dialogue = turn.dialogue
    if dialogue is None:
        return told_with_keyboard(turn, "menu.fallback")
    buttons = [
        [turn.button("conversation.go_on", NAME, "go"), turn.button("conversation.later", NAME, "later")],
    ]
    return turn.answer("conversation.stale", buttons, what=_what(turn))


def was_asked(turn: Turn) -> bool:
    """Whether that question is still open: until one of its choices is taken nothing else is an answer."""
    return turn.dialogue is not None and payload(NAME, "later") in turn.dialogue.choices.values()


def _what(turn: Turn) -> str:
    """Where the person stands, such as question 4 of 9: the flow leaves its position in the dialogue's data."""
    dialogue = turn.dialogue
    if dialogue is None:
        return ""
    name = turn.label(f"conversation.flow_{dialogue.flow}")
    position = dialogue.data.get("position", "")
    return turn.label("conversation.position", name=name, position=position) if position else name


def flow(flows: dict[str, Flow]) -> Flow:
    """The two buttons of `stale`; `flows` are all the others."""

    async def pressed(turn: Turn, press: Press) -> Replies:
        open_flow = flows.get(turn.dialogue.flow) if turn.dialogue else None
        if press.step == "go" and open_flow and turn.dialogue:
            turn.goto(open_flow.name, turn.dialogue.step, version=open_flow.version)
            return await open_flow.resume(turn)
        if press.step == "later":
            turn.close()
            return told_with_keyboard(turn, "conversation.kept")
        return told_with_keyboard(turn, "conversation.nothing_open")

    async def ask_again(turn: Turn) -> Replies:
        return await stale(turn)

    return Flow(name=NAME, answer=ask_again, pressed=pressed, resume=ask_again)
