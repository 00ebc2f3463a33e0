"""Whether a webhook's body comes from Zalo: SHA-256 over id, body, time and a secret, in the header X-ZEvent-Signature."""

import hashlib
import hmac
import logging
from dataclasses import dataclass, field
from typing import Literal

log = logging.getLogger(__name__)

HEADER = "X-ZEvent-Signature"
_PREFIX = "mac="


def sign(body: bytes, *, first: str, timestamp: str, secret: str) -> str:
    """Plain SHA-256 in hex, not HMAC; `timestamp` is the text of that name inside the body."""
    return hashlib.sha256(first.encode() + body + timestamp.encode(errors="replace") + secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Documents and working code disagree on whose id comes first: `first` says which one is taken here.

    What only the other would have signed is refused, and the log tells, so that the setting can be mended.
    """

    app_id: str
    oa_id: str
    first: Literal["app", "oa"] = "app"
    secret: str = field(repr=False)

    def holds(self, body: bytes, *, timestamp: str, header: str) -> bool:
        given = header.strip().lower().removeprefix(_PREFIX).encode(errors="replace")
        ids = {"app": self.app_id, "oa": self.oa_id}
        matching = {
            whose: hmac.compare_digest(given, sign(body, first=first, timestamp=timestamp, secret=self.secret).encode())
            for whose, first in ids.items()
        }
        good = matching.pop(self.first)
        if not good and any(matching.values()):
            log.warning("webhooks are signed with the other id: LOATRE_ZALO_SIGNATURE_ID should be %s", *matching)
        return good
