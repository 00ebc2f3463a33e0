"""Reads what people hand in: a page or file into plain paragraphs, and those into a news draft."""
