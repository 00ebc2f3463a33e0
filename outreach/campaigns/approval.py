"""A second officer looks at a large campaign before it goes; her word is bound to what she was shown."""

from enum import StrEnum


class Verdict(StrEnum):
    OPEN = "open"  # asked, and not answered yet
    APPROVED = "approved"
    REFUSED = "refused"
    DROPPED = "dropped"  # content, audience or plan changed, or the question was taken back
    ALONE = "alone"  # an administrator sent it by herself, with a reason
