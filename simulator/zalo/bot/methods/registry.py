"""Which function answers which method; unlike Telegram's, names are matched with regard to case."""

from collections.abc import Callable
from typing import Any

from simulator.params import Args
from simulator.zalo.bot.methods import send, webhook
from simulator.zalo.bot.state import ZaloBot

Method = Callable[[ZaloBot, Args], Any]


def get_me(bot: ZaloBot, args: Args) -> dict[str, Any]:  # noqa: ARG001  every method has this signature
    return {
        "id": bot.id,
        "account_name": "bot.LoaTre",
        "account_type": "BASIC",
        "can_join_groups": False,
        "display_name": bot.settings.name,
    }


# getUpdates is not among them: it needs the connection, and stands in the route.
METHODS: dict[str, Method] = {
    "getMe": get_me,
    "setWebhook": webhook.set_webhook,
    "getWebhookInfo": webhook.get_webhook_info,
    "deleteWebhook": webhook.delete_webhook,
    "testWebhook": webhook.test_webhook,
    "sendMessage": send.send_message,
    "sendPhoto": send.send_photo,
    "sendSticker": send.send_sticker,
    "sendVoice": send.send_voice,
    "sendChatAction": send.send_chat_action,
}
