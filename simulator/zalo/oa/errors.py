"""How the OA API says no: always with HTTP 200."""

from typing import Any

WORDS = {
    -32: "Your application reached limit call api",
    -100: "attachment_id is expired",
    -200: "Send message failed",
    -201: "Params is invalid",
    -210: "Params exceeded the limit",
    -211: "Out of quota",
    -213: "User has not followed OA",
    -214: "Article is processing",
    -216: "Access token is invalid",
    -217: "User has blocked the invitation of OA",
    -218: "User has reached the limit of messages",
    -220: "Access token has expired",
    -221: "OA has not been verified",
    -224: "OA needs to upgrade its package",
    -227: "User is banned or has been inactive for more than 45 days",
    -230: "User has not interacted with OA in past 7 days",
    -232: "User has no interaction with OA, or the last one is too old",
    -233: "Message type is not supported",
    -234: "This message can not be sent from 22:00 to 6:00",
    -235: "This API does not support this type of OA",
    -240: "This API has been shut down",
    -242: "appsecret_proof is invalid",
    -244: "User has restricted this type of message",
    404: "Empty api",
}


class OaError(Exception):
    """A refusal by its code; ``reason`` says more than the code's own words."""

    def __init__(self, code: int, reason: str = "") -> None:
        self.code = code
        self.message = reason or WORDS.get(code, "Error")
        super().__init__(self.message)

    def as_json(self) -> dict[str, Any]:
        return {"error": self.code, "message": self.message}


class OAuthError(Exception):
    """A refusal of the OAuth server, which has a shape of its own."""

    def __init__(self, code: int, name: str, reason: str) -> None:
        self.code, self.name, self.reason = code, name, reason
        super().__init__(reason)

    def as_json(self) -> dict[str, Any]:
        return {
            "error": self.code,
            "error_name": self.name,
            "error_reason": self.reason,
            "ref_doc": "https://developers.zalo.me/docs/social-api/tham-khao/ma-loi",
        }
