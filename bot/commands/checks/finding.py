"""What a check found; the words stand in content/texts, `doctor.<code>.what` and `doctor.<code>.do`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"  # it runs, but somebody should look
    BROKEN = "broken"  # it does not run, or not rightly


class Code(StrEnum):
    """Stable: scripts read them."""

    SETTINGS_BROKEN = "settings_broken"
    SETTINGS_OK = "settings_ok"
    ENV_READABLE = "env_readable"
    KEY_MISSING = "key_missing"
    KEY_OTHER = "key_other"
    TOKEN_MISSING = "token_missing"  # noqa: S105  a code, no secret
    TOKEN_WRONG = "token_wrong"  # noqa: S105  a code, no secret
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    NOT_TELEGRAM = "not_telegram"
    BUSY = "busy"
    TELEGRAM_OK = "telegram_ok"
    CLOCK_WRONG = "clock_wrong"
    CLOCK_OFF = "clock_off"
    CLOCK_OK = "clock_ok"
    WEBHOOK_LEFT = "webhook_left"
    WEBHOOK_OTHER = "webhook_other"
    WEBHOOK_FAILING = "webhook_failing"
    WEBHOOK_OK = "webhook_ok"
    ZALO_INCOMPLETE = "zalo_incomplete"
    ZALO_PLAIN_URL = "zalo_plain_url"
    ZALO_COVER_UNSET = "zalo_cover_unset"
    ZALO_TOKEN_MISSING = "zalo_token_missing"  # noqa: S105  a code, no secret
    ZALO_TOKEN_LOST = "zalo_token_lost"  # noqa: S105  a code, no secret
    ZALO_TOKEN_ENDING = "zalo_token_ending"  # noqa: S105  a code, no secret
    ZALO_TOKEN_STALE = "zalo_token_stale"  # noqa: S105  a code, no secret
    ZALO_TOKEN_OK = "zalo_token_ok"  # noqa: S105  a code, no secret
    ZALO_UNREACHABLE = "zalo_unreachable"
    ZALO_REFUSED = "zalo_refused"
    ZALO_OA_OK = "zalo_oa_ok"
    ZALO_UNVERIFIED = "zalo_unverified"
    ZALO_PACKAGE_ENDED = "zalo_package_ended"
    ZALO_PACKAGE_ENDING = "zalo_package_ending"
    ZALO_QUOTA_OK = "zalo_quota_ok"
    ZALO_ARTICLES_OK = "zalo_articles_ok"
    ZALO_SPENDING_OK = "zalo_spending_ok"
    ZALO_NEVER_HEARD = "zalo_never_heard"
    ZALO_SILENT = "zalo_silent"
    ZALO_HEARD_OK = "zalo_heard_ok"
    ZALO_ALARM_NOWHERE = "zalo_alarm_nowhere"
    ZALO_BOT_WRONG = "zalo_bot_wrong"
    ZALO_BOT_UNREACHABLE = "zalo_bot_unreachable"
    ZALO_BOT_OK = "zalo_bot_ok"
    ZALO_BOT_WEBHOOK_LEFT = "zalo_bot_webhook_left"
    ZALO_BOT_WEBHOOK_OTHER = "zalo_bot_webhook_other"
    ZALO_BOT_WEBHOOK_OK = "zalo_bot_webhook_ok"
    ZALO_BOT_PLAN_OK = "zalo_bot_plan_ok"
    ZALO_BOT_NEARLY_FULL = "zalo_bot_nearly_full"
    DATABASE_MISSING = "database_missing"
    DATABASE_UNREACHABLE = "database_unreachable"
    DATABASE_BEHIND = "database_behind"
    DATABASE_NEWER = "database_newer"
    DATABASE_OK = "database_ok"
    SQLITE_OLD = "sqlite_old"
    JOURNAL_WRONG = "journal_wrong"
    NO_ADMIN = "no_admin"
    PACK_BROKEN = "pack_broken"
    PACK_OK = "pack_ok"
    HOTLINE_UNSET = "hotline_unset"
    ADDRESS_UNSET = "address_unset"
    OFFICIAL_PAGE_UNSET = "official_page_unset"
    POPULATION_MISSING = "population_missing"
    POPULATION_OK = "population_ok"
    SECOND_OFFICER_MISSING = "second_officer_missing"
    SECOND_OFFICER_OK = "second_officer_ok"
    DISK_FULL = "disk_full"
    DISK_LOW = "disk_low"
    DISK_OK = "disk_ok"
    EVIDENCE_UNWRITABLE = "evidence_unwritable"
    EVIDENCE_OK = "evidence_ok"
    BACKUP_UNKNOWN = "backup_unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`data` fills in the words; never a secret, never a person."""

    level: Level
    code: Code
    data: Mapping[str, str | int] = field(default_factory=dict)


def ok(code: Code, **data: str | int) -> Finding:
    return Finding(level=Level.OK, code=code, data=data)


def warn(code: Code, **data: str | int) -> Finding:
    return Finding(level=Level.WARN, code=code, data=data)


def broken(code: Code, **data: str | int) -> Finding:
    return Finding(level=Level.BROKEN, code=code, data=data)
