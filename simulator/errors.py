"""The two ways in which the simulator says no."""

from typing import Any


class ApiError(Exception):
    """An error of the Bot API: its code, its exact text, and the ``parameters`` some of them carry."""

    def __init__(self, code: int, description: str, *, parameters: dict[str, Any] | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


class ControlError(Exception):
    """An order to the simulator itself that cannot be carried out: HTTP status and a sentence.

    ``code`` names those that people meet on the chat page, which has its own words for each (page/js/refusals.js).
    """

    def __init__(self, status: int, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code


def bad_request(text: str) -> ApiError:
    return ApiError(400, f"Bad Request: {text}")


def forbidden(text: str) -> ApiError:
    return ApiError(403, f"Forbidden: {text}")


def conflict(text: str) -> ApiError:
    return ApiError(409, f"Conflict: {text}")


def too_many_requests(retry_after: int) -> ApiError:
    return ApiError(429, f"Too Many Requests: retry after {retry_after}", parameters={"retry_after": retry_after})
