"""What a button carries: "<flow>:<step>:<arg>", short enough for every channel."""

from dataclasses import dataclass

# Telegram's callback_data, the shortest of the channels, counts bytes.
MAX_BYTES = 64
_PARTS = 3
_LARGEST_ID = 2**63 - 1  # a row's id is a signed integer of 64 bits


class PayloadError(ValueError):
    """A payload that would not fit or could not be read back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    flow: str
    step: str
    arg: str

    @property
    def number(self) -> int:
        """The argument as a number; 0, which is no row's id, when it is none or larger than any id."""
        return as_number(self.arg)


def as_number(digits: str) -> int:
    """What somebody else wrote where a number of ours stood: 0 unless a database can hold it."""
    number = int(digits) if digits.isascii() and digits.isdigit() else 0
    return number if number <= _LARGEST_ID else 0


def payload(flow: str, step: str, arg: str | int = "") -> str:
    """Raise PayloadError when a part holds a colon or the whole is over 64 bytes."""
    parts = (flow, step, str(arg))
    packed = ":".join(parts)
    if packed.count(":") != _PARTS - 1 or len(packed.encode()) > MAX_BYTES:
        raise PayloadError(f"{flow}:{step} does not fit a button")
    return packed


def read_payload(packed: str) -> Press | None:
    """None for what no button of ours carries: old versions and strangers send such things."""
    parts = packed.split(":")
    if len(parts) != _PARTS or not parts[0]:
        return None
    return Press(flow=parts[0], step=parts[1], arg=parts[2])
