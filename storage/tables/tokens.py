"""Tokens that change by themselves: a pair is durable before it is used, and the one before it is kept for the inspection."""

from sqlalchemy import Column, String, Table

from storage.tables.base import metadata
from storage.types import Sealed, UtcDateTime

oauth_token = Table(
    "oauth_token",
    metadata,
    Column("name", String(80), primary_key=True),  # channel and app
    Column("access", Sealed("oauth_token.access"), nullable=False),
    Column("refresh", Sealed("oauth_token.refresh"), nullable=False),
    Column("previous", Sealed("oauth_token.previous")),
    Column("refreshed_at", UtcDateTime, nullable=False),
    Column("access_expires_at", UtcDateTime, nullable=False),
    Column("refresh_expires_at", UtcDateTime, nullable=False),
    # Set before the refresh token is spent: found set, nobody knows whether the provider has taken it.
    Column("refreshing_at", UtcDateTime),
    Column("failure", String(60), nullable=False, server_default=""),
)
