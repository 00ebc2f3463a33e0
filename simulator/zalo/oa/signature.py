"""The signature of a webhook body: a plain SHA-256 over four strings, not an HMAC."""

import hashlib


def sign(body: bytes, *, first: str, timestamp: str, secret: str, prefix: str) -> str:
    """``first`` is the app's id (or, in some accounts, the OA's), ``timestamp`` the string inside the body."""
    digest = hashlib.sha256(first.encode() + body + timestamp.encode() + secret.encode()).hexdigest()
    return f"{prefix}{digest}"
