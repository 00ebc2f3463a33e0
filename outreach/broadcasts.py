"""An article for all followers of an account: it names no recipient, so it never enters the indicator."""

from enum import StrEnum


class BroadcastState(StrEnum):
    DRAFT = "draft"
    CREATING = "creating"  # ordered; the platform makes an article of it
    READY = "ready"
    SENDING = "sending"  # durable before the call leaves; found so after a crash, nobody knows whether it went
    SENT = "sent"  # handed over for the platform's own review
    FAILED = "failed"
    CANCELLED = "cancelled"
