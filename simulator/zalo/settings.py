"""Changing settings by name: every field of a dataclass is one; its type says what it may be, or a check in its metadata."""

import math
from dataclasses import Field, field, fields
from typing import Any

from simulator.errors import ControlError

MOST = 10**9  # seconds beyond that leave the calendar


def one_of(*values: Any) -> Any:
    """A setting that is one of these values, the first of them at the start."""

    def check(value: Any, name: str) -> Any:
        if not any(value == one and type(value) is type(one) for one in values):
            raise ControlError(400, f"{name} is one of {', '.join(map(str, values))}")
        return value

    return field(default=values[0], metadata={"check": check})


def change_settings(settings: Any, wanted: dict[str, Any]) -> None:
    """Take over all that is wanted, or nothing: a wrong name, type or value is refused."""
    known = {each.name: each for each in fields(settings)}
    if unknown := sorted(set(wanted) - set(known)):
        raise ControlError(400, f"there is no setting {', '.join(unknown)}")
    checked = {name: _checked(value, known[name]) for name, value in wanted.items()}
    for name, value in checked.items():
        setattr(settings, name, value)


def _checked(value: Any, its: Field[Any]) -> Any:
    if "check" in its.metadata:
        return its.metadata["check"](value, its.name)
    if its.type is bool or its.type is str:
        if not isinstance(value, its.type):
            raise ControlError(400, f"{its.name} is not {'a text' if its.type is str else 'true or false'}")
        return value
    return check_number(value, its.name, whole=its.type is int)


def check_number(value: Any, name: str, *, whole: bool = False, most: int = MOST) -> Any:
    good = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
    if not (good and math.isfinite(value) and 0 <= value <= most):
        raise ControlError(400, f"{name} is not a {'whole ' if whole else ''}number between 0 and {most}")
    return value
