"""Which function answers which method; names are matched without regard to case."""

from collections.abc import Callable
from typing import Any

from simulator.methods import bot, edit, media, polling, send, webhook
from simulator.params import Args
from simulator.world import World

Method = Callable[[World, Args], Any]

_BY_NAME: dict[str, Method] = {
    "getMe": bot.get_me,
    "getUpdates": polling.get_updates,
    "setWebhook": webhook.set_webhook,
    "deleteWebhook": webhook.delete_webhook,
    "getWebhookInfo": webhook.get_webhook_info,
    "sendMessage": send.send_message,
    "sendPhoto": media.send_photo,
    "sendDocument": media.send_document,
    "sendMediaGroup": media.send_media_group,
    "getFile": media.get_file,
    "copyMessage": send.copy_message,
    "sendChatAction": send.send_chat_action,
    "editMessageText": edit.edit_message_text,
    "editMessageCaption": edit.edit_message_caption,
    "editMessageReplyMarkup": edit.edit_message_reply_markup,
    "deleteMessage": edit.delete_message,
    "deleteMessages": edit.delete_messages,
    "answerCallbackQuery": bot.answer_callback_query,
    "getChat": bot.get_chat,
    "getChatMember": bot.get_chat_member,
    "setMyCommands": bot.set_my_commands,
    "getMyCommands": bot.get_my_commands,
    "deleteMyCommands": bot.delete_my_commands,
}
METHODS = {name.lower(): (name, function) for name, function in _BY_NAME.items()}
