"""Column types of our own: instants that must be aware, ids, JSON, and text that is sealed before it reaches the disk."""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import BigInteger, Dialect, Integer, LargeBinary, Text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import TypeDecorator, TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NONCE_BYTES = 12
KEY_ID_BYTES = 4

# AUTOINCREMENT is wanted on SQLite, so that the id of an erased person is never given to another.
Id = BigInteger().with_variant(Integer, "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: timestamptz on PostgreSQL, whole microseconds since 1970 on SQLite. Naive values are refused."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without a time zone")
        if dialect.name == "postgresql":
            return value.astimezone(UTC)
        return (value - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if dialect.name == "postgresql":
            return cast("datetime", value).astimezone(UTC)
        return _EPOCH + timedelta(microseconds=value)


class Json(TypeDecorator[Any]):
    """Small structures as text, with Vietnamese letters left readable."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002  (SQLAlchemy's signature)
        return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002  (SQLAlchemy's signature)
        return None if value is None else json.loads(value)


class UnsealError(Exception):
    """A sealed value that the present SECRET_KEY does not open: the key was changed or the bytes were."""


class Keyring:
    """Keys derived from SECRET_KEY: one for sealing, one for fingerprints."""

    def __init__(self, secret: str) -> None:
        material = HKDF(algorithm=hashes.SHA256(), length=64 + KEY_ID_BYTES, salt=b"loatre", info=b"v1").derive(
            secret.encode()
        )
        self._cipher = AESGCM(material[:32])
        self._mac_key = material[32:64]
        self.key_id = material[64:]

    def seal(self, plain: bytes, *, context: str, nonce: bytes) -> bytes:
        """Key id (4 bytes), nonce (12 bytes), AES-256-GCM; `context` ties the value to its column."""
        return self.key_id + nonce + self._cipher.encrypt(nonce, plain, context.encode())

    def unseal(self, sealed: bytes, *, context: str) -> bytes:
        """Raise UnsealError when another key sealed it or it was altered."""
        if sealed[:KEY_ID_BYTES] != self.key_id:
            raise UnsealError("sealed with another key")
        nonce = sealed[KEY_ID_BYTES : KEY_ID_BYTES + _NONCE_BYTES]
        try:
            return self._cipher.decrypt(nonce, sealed[KEY_ID_BYTES + _NONCE_BYTES :], context.encode())
        except InvalidTag as error:
            raise UnsealError("altered") from error

    def fingerprint(self, purpose: str, text: str) -> bytes:
        """HMAC-SHA256 for exact matches on what must not be readable."""
        mac = hmac.HMAC(self._mac_key, hashes.SHA256())
        mac.update(f"{purpose}\x00{text}".encode())
        return mac.finalize()


class Sealed(TypeDecorator[str]):
    """Text about people, sealed with the keyring of the engine (`Database` puts it on the dialect)."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        keyring: Keyring = dialect.keyring  # type: ignore[attr-defined]  # set in storage/database.py
        return keyring.seal(value.encode(), context=self.context, nonce=os.urandom(_NONCE_BYTES))

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        keyring: Keyring = dialect.keyring  # type: ignore[attr-defined]  # set in storage/database.py
        return keyring.unseal(bytes(value), context=self.context).decode()


def compact(mapping: Mapping[str, str]) -> dict[str, str]:
    """A plain dict for a Json column, empty values left out."""
    return {key: value for key, value in mapping.items() if value}
