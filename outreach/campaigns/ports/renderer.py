"""Frozen content made into one person's message; implemented in `content`, handed in by `bot/app.py`."""

from typing import Protocol

from outreach.campaigns.model import Campaign, Reader
from outreach.messaging import Capabilities, Reply


class Renderer(Protocol):
    def render_campaign(self, campaign: Campaign, *, contact: Reader, capabilities: Capabilities) -> Reply: ...
