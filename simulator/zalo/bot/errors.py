"""How the Bot Platform says no."""


class BotError(Exception):
    """A refusal by its code, which is also the HTTP status where statuses are mirrored. ``field`` is how the code is spelt."""

    def __init__(self, code: int, description: str, *, field: str = "error_code") -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.field = field

    def as_json(self) -> dict[str, object]:
        return {"ok": False, "description": self.description, self.field: self.code}


def bad_request(text: str) -> BotError:
    return BotError(400, f"Bad Request: {text}")
