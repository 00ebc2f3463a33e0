"""What can be changed in place: words alone, that everybody got alike, for as long as they could be taken back."""

from dataclasses import replace
from datetime import timedelta

import pytest

from outreach.campaigns.edit import may_edit
from outreach.campaigns.model import (
    Audience,
    Campaign,
    CampaignKind,
    CampaignState,
    Content,
    Tally,
)
from outreach.messaging import AccountId, Address, AttachmentKind, CampaignId, Media, MediaId, MessageCopy, OfficerId
from tests.conftest import NOW

CONTENT = Content(title="Tin", paragraphs=("Một đoạn.",))
SENT = Campaign(
    campaign_id=CampaignId(1),
    state=CampaignState.FINISHED,
    content=CONTENT,
    audience=Audience(),
    created_by=OfficerId(1),
    unit_id=None,
    tally=Tally(total=1, sent=1),
    started_at=NOW,
)
PICTURE = Media(media_id=MediaId(1), kind=AttachmentKind.PHOTO, name="anh.jpg")
COPY = MessageCopy(address=Address(account_id=AccountId(1), external_id="7"), ref="1")


@pytest.mark.parametrize(
    ("campaign", "hours", "why"),
    [
        (SENT, 47, None),
        (SENT, 48, "cannot_edit"),
        (replace(SENT, state=CampaignState.RUNNING), 1, "cannot_edit"),
        (replace(SENT, recall_after=0), 1, "cannot_edit"),
        (replace(SENT, tally=Tally(total=1, failed=1)), 1, "cannot_edit"),
        (replace(SENT, kind=CampaignKind.DIGEST), 1, "edit_only_words"),
        (replace(SENT, content=replace(CONTENT, media=(PICTURE,))), 1, "edit_only_words"),
        (replace(SENT, content=replace(CONTENT, copy_of=COPY)), 1, "edit_only_words"),
    ],
)
def test_only_words_and_only_for_so_long(campaign: Campaign, hours: int, why: str | None) -> None:
    assert may_edit(campaign, hours=48, at=NOW + timedelta(hours=hours)) == why
