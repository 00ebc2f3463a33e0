"""The province packs: one folder each, read by `content.packs.loader`."""
