"""Buttons as Telegram has them: under a message (inline), or in place of the letters (reply keyboard)."""

from functools import lru_cache

from telegram import (
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    ReplyKeyboardMarkup,
)

from outreach.messaging import Button


def _button(button: Button) -> InlineKeyboardButton:
    if button.url:
        return InlineKeyboardButton(button.label, url=button.url)
    if button.copy:
        return InlineKeyboardButton(button.label, copy_text=CopyTextButton(button.copy))
    return InlineKeyboardButton(button.label, callback_data=button.payload)


@lru_cache(maxsize=256)  # a campaign shows everybody the same buttons
def inline_keyboard(rows: tuple[tuple[Button, ...], ...]) -> InlineKeyboardMarkup | None:
    return InlineKeyboardMarkup([[_button(button) for button in row] for row in rows if row]) if any(rows) else None


@lru_cache(maxsize=16)
def reply_keyboard(rows: tuple[tuple[str, ...], ...]) -> ReplyKeyboardMarkup | None:
    """The keyboard that stays until another one comes; None leaves the present one as it is."""
    if not any(rows):
        return None
    keys = [[KeyboardButton(label) for label in row] for row in rows if row]
    return ReplyKeyboardMarkup(keys, is_persistent=True, resize_keyboard=True)
