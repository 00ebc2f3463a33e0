"""The tree of errors that callers may catch by name; each carries a code whose words stand in `content/texts`."""


class OutreachError(Exception):
    """A request that the rules refuse. `code` names the words: `reason.<code>`."""

    code = "refused"

    def __init__(self, code: str | None = None, **data: object) -> None:
        super().__init__(code or self.code)
        self.code = code or self.code
        self.data = data


class PermissionDeniedError(OutreachError):
    """The actor's role or unit does not cover the action."""

    code = "not_allowed"


class StateError(OutreachError):
    """The subject is not in a state from which this step leads on, for instance because it was pressed twice."""

    code = "wrong_state"


class InvalidAnswerError(OutreachError):
    """What a person typed or sent does not fit the question; nothing stored so far is lost."""

    code = "invalid_answer"


class NotFoundError(OutreachError):
    code = "not_found"


class LeaseLostError(OutreachError):
    """Another process holds the lane; whatever this one had in its hands is no longer its business."""

    code = "lease_lost"


class CollisionError(Exception):
    """Two transactions waited for each other, and this one was ended: nothing of it is written, and it may begin again as a whole.

    No rule refuses anything, so it has no words.
    """


class NotKeptError(Exception):
    """The database takes nothing just now (a full disk, another process, a server that goes down): the same may be kept a little later.

    Whoever was told something waits with its acknowledgement; as above there are no words.
    """
