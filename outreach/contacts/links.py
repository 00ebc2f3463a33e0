"""One person on several channels: linked by a code she types in the other one, confirmed on both sides, undone when she likes."""

from enum import StrEnum


class LinkState(StrEnum):
    OFFERED = "offered"  # the code stands on one phone
    TYPED = "typed"  # and was typed on another
    AGREED = "agreed"  # the other side has confirmed; whoever asked for the code has not yet
