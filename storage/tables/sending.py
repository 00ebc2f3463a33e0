"""News, campaigns and the ledger of deliveries."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from outreach.broadcasts.model import BroadcastState
from outreach.campaigns.model import CampaignKind, CampaignState, DeliveryState, LateRule, OnUnknown
from outreach.campaigns.ports.approvals import Verdict
from outreach.news.model import NewsState
from storage.tables.base import AUTO, id_column, metadata, one_of, refers_to
from storage.types import Id, Json, UtcDateTime

news_item = Table(
    "news_item",
    metadata,
    id_column(),
    Column("state", String(10), nullable=False),
    Column("title", Text, nullable=False),
    Column("paragraphs", Json, nullable=False),
    Column("documents", Json, nullable=False),
    Column("published_on", Date),
    Column("byline", Text),
    Column("source", Text),
    Column("topic", String(40)),
    Column("counts", Boolean),
    Column("content_hash", String(64), nullable=False, unique=True),
    Column("folded", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", Id, ForeignKey("officer.id")),
    Column("listed_at", UtcDateTime),
    one_of("state", NewsState),
    Index("ix_news_item_state_listed_at", "state", "listed_at"),
    **AUTO,
)

campaign = Table(
    "campaign",
    metadata,
    id_column(),
    Column("state", String(10), nullable=False, index=True),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("content", Json, nullable=False),
    Column("content_hash", String(64), nullable=False, index=True),
    Column("counts", Boolean, nullable=False),
    Column("topic", String(40), nullable=False, server_default=""),
    refers_to("news_item", null=True),
    Column("audience", Json, nullable=False),
    Column("on_unknown", String(13), nullable=False),
    Column("created_by", Id, ForeignKey("officer.id"), nullable=False),
    refers_to("unit", null=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("not_before", UtcDateTime),
    Column("frozen_at", UtcDateTime),
    Column("started_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("halt_reason", String(40), nullable=False, server_default=""),
    Column("total", Integer, nullable=False, server_default="0"),
    *(Column(state.value, Integer, nullable=False, server_default="0") for state in DeliveryState),
    Column("first_time", Integer, nullable=False, server_default="0"),
    # Deliveries the channel says lie on the phone, and were looked at; and what the provider charged for, in messages.
    Column("received", Integer, nullable=False, server_default="0"),
    Column("seen", Integer, nullable=False, server_default="0"),
    Column("charged", Integer, nullable=False, server_default="0"),
    # What its officer has been told without asking: the last state, and how many unknown there were then.
    Column("told_state", String(10), nullable=False, server_default=""),
    Column("told_unknown", Integer, nullable=False, server_default="0"),
    # Taking it back: the last delivery that was dealt with (NULL: nobody asked), and how many messages went.
    Column("recall_after", Id),
    Column("recalled", Integer, nullable=False, server_default="0"),
    Column("recall_ended_at", UtcDateTime),
    # New words in messages that are out: the same marks.
    Column("edit_after", Id),
    Column("edited", Integer, nullable=False, server_default="0"),
    Column("edit_ended_at", UtcDateTime),
    Column("kind", String(10), nullable=False, server_default=CampaignKind.NEWS),
    Column("urgent", Boolean, nullable=False, server_default="0"),
    Column("late_rule", String(4), nullable=False, server_default=LateRule.ASK),
    Column("expires_at", UtcDateTime),
    # The first wave: its size as ordered; the last row of it while the others wait, and from when on they need not.
    Column("first_wave", Integer, nullable=False, server_default="0"),
    Column("wave_last_id", Id),
    Column("wave_opens_at", UtcDateTime),
    Column("in_digest", Boolean, nullable=False, server_default="0"),
    Column("folded", Text, nullable=False, server_default=""),  # its words, to be found by
    one_of("state", CampaignState),
    one_of("kind", CampaignKind),
    one_of("late_rule", LateRule),
    one_of("on_unknown", OnUnknown),
    # The few that have something to send, whether they run or are done but for what was handed over later.
    Index("ix_campaign_with_pending", "state", sqlite_where=text("pending > 0"), postgresql_where=text("pending > 0")),
    **AUTO,
)

# Every wording a campaign has had, so that an approver sees what changed, and a reader which words she got.
campaign_version = Table(
    "campaign_version",
    metadata,
    Column("campaign_id", Id, ForeignKey("campaign.id"), primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("content", Json, nullable=False),
)

# A second officer's word on a large campaign, bound to what she was shown.
approval = Table(
    "approval",
    metadata,
    id_column(),
    refers_to("campaign"),
    Column("fingerprint", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("people", Integer, nullable=False),
    Column("starts_at", UtcDateTime),  # NULL: at once
    Column("asked_by", Id, ForeignKey("officer.id"), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("asked_of", Id, ForeignKey("officer.id")),
    Column("reminded_at", UtcDateTime),
    Column("verdict", String(10), nullable=False),
    Column("decided_by", Id, ForeignKey("officer.id")),
    Column("decided_at", UtcDateTime),
    Column("reason", Text, nullable=False, server_default=""),
    one_of("verdict", Verdict),
    Index("ix_approval_campaign_id", "campaign_id"),
    **AUTO,
)

delivery = Table(
    "delivery",
    metadata,
    id_column(),
    refers_to("campaign"),
    refers_to("contact"),
    Column("leg", Integer, nullable=False, server_default="1"),
    refers_to("account"),
    refers_to("address", null=True, on_delete="SET NULL"),
    refers_to("unit", null=True),
    Column("version", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("reason", String(40), nullable=False, server_default=""),
    Column("epoch", Integer, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", UtcDateTime),
    Column("refs", Json),
    Column("received_at", UtcDateTime),
    Column("seen_at", UtcDateTime),
    Column("opened_at", UtcDateTime),  # by her own act: a button under it, the answer to its question
    Column("changed_at", UtcDateTime, nullable=False),
    UniqueConstraint("campaign_id", "contact_id", "leg"),
    one_of("state", DeliveryState),
    Index("ix_delivery_campaign_id_state_id", "campaign_id", "state", "id"),
    Index("ix_delivery_contact_id_changed_at", "contact_id", "changed_at"),
    Index(
        "ix_delivery_in_flight",
        "account_id",
        "epoch",
        sqlite_where=text("state = 'in_flight'"),
        postgresql_where=text("state = 'in_flight'"),
    ),
    Index(
        "ix_delivery_due",
        "account_id",
        "campaign_id",
        "id",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
    **AUTO,
)

# One channel of a campaign stands still, for a reason that is that account's alone; the others go on.
lane_halt = Table(
    "lane_halt",
    metadata,
    Column("campaign_id", Id, ForeignKey("campaign.id"), primary_key=True, autoincrement=False),
    Column("account_id", Id, ForeignKey("account.id"), primary_key=True, autoincrement=False),
    Column("reason", String(40), nullable=False),
    Column("halted_at", UtcDateTime, nullable=False),
)

# The week's digest, by the Monday of its week: made once, or nothing was there to tell (no campaign).
digest = Table(
    "digest",
    metadata,
    Column("week_on", Date, primary_key=True),
    refers_to("campaign", null=True),
    Column("begun_at", UtcDateTime, nullable=False),
)

# A line of one person's digest: the message it stands in, and the campaign that it tells of.
digest_item = Table(
    "digest_item",
    metadata,
    Column("delivery_id", Id, ForeignKey("delivery.id"), primary_key=True, autoincrement=False),
    Column("campaign_id", Id, ForeignKey("campaign.id"), primary_key=True, autoincrement=False),
    Index("ix_digest_item_campaign_id", "campaign_id"),
)

# What was spent on one account in a month of Vietnam, "2026-11": the ceiling is kept against this.
spending = Table(
    "spending",
    metadata,
    Column("account_id", Id, ForeignKey("account.id"), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("messages", Integer, nullable=False, server_default="0"),
    Column("charged", Integer, nullable=False, server_default="0"),
    Column("vnd", Integer, nullable=False, server_default="0"),
)

# An article for everybody who follows an account. It names no recipient, so it is no campaign and reaches nobody's row.
broadcast = Table(
    "broadcast",
    metadata,
    id_column(),
    refers_to("account"),
    refers_to("news_item", null=True),
    Column("content", Json, nullable=False),
    Column("state", String(10), nullable=False, index=True),
    Column("token", String(200), nullable=False, server_default=""),  # of the article while it is being made
    Column("article_ref", String(100), nullable=False, server_default=""),
    Column("message_ref", String(100), nullable=False, server_default=""),
    Column("reason", String(40), nullable=False, server_default=""),
    Column("platform_count", Integer),  # the platform's own figure, which nobody can check
    Column("created_by", Id, ForeignKey("officer.id"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    one_of("state", BroadcastState),
    **AUTO,
)

# The short code of a poster, typed where a link cannot carry a word: "BS01".
poster = Table(
    "poster",
    metadata,
    id_column(),
    Column("code", String(12), nullable=False, unique=True),
    Column("title", String(200), nullable=False),
    refers_to("unit", null=True),
    Column("created_by", Id, ForeignKey("officer.id")),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    **AUTO,
)
