"""What /sim/zalo/oa/settings changes: the OA, its prices and caps, and each way in which sources disagree about Zalo."""

from dataclasses import dataclass, field
from typing import Any

from simulator.errors import ControlError
from simulator.zalo.settings import check_number, one_of

DAY = 86_400
MENU = (("Đăng ký", "#dangky"), ("Tin", "#tin"), ("Đề cử", "#decu"), ("Của tôi", "#cuatoi"))


def usual_menu() -> list[dict[str, str]]:
    return [{"title": title, "type": "oa.query.show", "payload": payload} for title, payload in MENU]


def _check_menu(value: Any, name: str) -> list[dict[str, str]]:
    if not isinstance(value, list):
        raise ControlError(400, f"{name} is not a list")
    for item in value:
        if not (isinstance(item, dict) and all(isinstance(item.get(key), str) for key in ("title", "type", "payload"))):
            raise ControlError(400, f"an item of {name} has a title, a type and a payload")
    return value


def _check_seconds(value: Any, name: str) -> float | None:
    return None if value is None else check_number(value, name)


def _check_code(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value >= 0:
        raise ControlError(400, f"{name} is not a number below 0")
    return value


@dataclass(slots=True, kw_only=True)
class OaSettings:
    """Seconds are the drivable clock's but for ``answer_seconds``; ``review_seconds`` None waits for an order."""

    webhook: str = ""
    name: str = "Tuổi trẻ Lạng Sơn"
    verified: bool = True
    oa_type: int = one_of(2, 4)
    package_name: str = "Gói Tăng trưởng"
    menu: list[dict[str, str]] = field(default_factory=usual_menu, metadata={"check": _check_menu})
    limits: bool = True
    rate_per_minute: int = 100
    app_rate_per_minute: int = 4_000
    sub_quota: int = 500
    price_vnd: int = 55
    refuse_buttons: int = one_of(0, -233, -201)
    access_seconds: int = 90_000
    refresh_seconds: int = 90 * DAY
    spent_refresh_error: int = field(default=-14014, metadata={"check": _check_code})
    pkce: bool = True
    redirect_uri: str = ""
    appsecret_proof: bool = False
    signature_prefix: str = one_of("mac=", "")
    signature_first: str = one_of("app_id", "oa_id")
    oa_secret_key: str = "example-oa-secret"  # noqa: S105  a pretend secret that everybody may know
    app_secret: str = "example-app-secret"  # noqa: S105  the same
    echo: bool = True
    received: bool = True
    seen: bool = False
    receipt_sender: str = one_of("oa", "user")
    duplicate_p: float = 0.0
    retries: bool = True
    answer_seconds: float = 2.0
    article_seconds: float = 2.0
    review_seconds: float | None = field(default=600.0, metadata={"check": _check_seconds})
    broadcasts_a_month: int = 4
    broadcasts_a_day: int = 1
    broadcast_receipts: bool = True
    night_rule: bool = False
