"""The Zalo Bot Platform: eleven methods, one update per poll, no buttons."""
