"""What /sim/zalo/bot/settings changes: quotas, and each way in which sources disagree about the Bot Platform."""

from dataclasses import dataclass

from simulator.zalo.settings import one_of


@dataclass(slots=True, kw_only=True)
class BotSettings:
    """``monthly_messages`` and ``users`` are the free plan's; ``retry_seconds`` is the clock's wait before the one further attempt."""

    name: str = "Bot Loa Trẻ"
    status_mode: str = one_of("body_only", "mirrored")
    wrapped: bool = False
    photo_field: str = one_of("photo_url", "photo")
    redeliver_p: float = 0.0
    webhook_info_404: bool = True
    unknown_method: int = one_of(400, 404)
    monthly_messages: int = 3_000
    users: int = 50
    test_webhook_daily: int = 20
    allow_loopback: bool = True
    retry_seconds: float = 5.0
