"""A pretend Zalo: the Official Account API and the Bot Platform."""
