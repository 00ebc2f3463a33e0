"""What a simulator is started with, and what may be changed while it runs."""

from dataclasses import dataclass

DEFAULT_TOKEN = "7000001:simulator"  # noqa: S105  a pretend token that everybody may know
DEFAULT_ZALO_BOT_TOKEN = "9000000001:zalo-simulator"  # noqa: S105  the same


@dataclass(frozen=True, slots=True, kw_only=True)
class SimConfig:
    """Everything the simulator is told at its start.

    ``rate`` is messages a second over all chats, ``delay_ms`` the wait put before each call.
    ``journal_requests`` and ``journal_parameters`` say how many requests are remembered, and for how many
    of them the parameters too; ``journal_messages`` how many accepted messages; ``transcript`` how many messages of one chat.
    """

    token: str = DEFAULT_TOKEN
    zalo_bot_token: str = DEFAULT_ZALO_BOT_TOKEN
    username: str = "LoaTreBot"
    first_name: str = "Loa Trẻ"
    limits: bool = True
    rate: float = 30.0
    seed: int = 0
    delay_ms: int = 0
    public_url: str = ""
    journal_requests: int = 100_000
    journal_parameters: int = 2_000
    journal_messages: int = 2_000_000
    transcript: int = 200

    @property
    def bot_id(self) -> int:
        return int(self.token.partition(":")[0])


@dataclass(slots=True)
class Settings:
    """The part of the configuration that /sim/settings changes while the simulator runs."""

    limits: bool
    rate: float
    delay_ms: int
