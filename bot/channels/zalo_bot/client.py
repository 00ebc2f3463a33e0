"""The calls of the Bot Platform. The token is part of every address, so no address stands in a log or an error."""

from typing import Any

from bot.channels.http import HttpClient
from bot.channels.zalo_bot.errors import IDLE, classify, code_of
from outreach.messaging import SendError

_BEYOND_POLL_SECONDS = 10.0
_HOOK_SECONDS = 30.0  # Zalo tries the webhook before it answers


class ZaloBotClient:
    """Every call raises SendError and nothing else."""

    def __init__(self, *, token: str, base_url: str) -> None:
        self._base = f"{base_url.rstrip('/')}/bot{token}"
        self._http = HttpClient()

    async def start(self) -> None:
        await self._http.start()

    async def stop(self) -> None:
        await self._http.stop()

    async def fetch(self, url: str, *, max_bytes: int) -> bytes:
        return await self._http.fetch(url, max_bytes=max_bytes)

    async def call(self, method: str, *, read_timeout: float | None = None, **parameters: Any) -> dict[str, Any]:
        """The `result` of a call; empty where a success has none, as that of sendChatAction."""
        result = _judged(await self._answer(method, parameters, read_timeout=read_timeout))
        return result if isinstance(result, dict) else {}

    async def update(self, seconds: int) -> Any:
        """What somebody did, None when nobody did anything for so long. It is given away: Zalo forgets it by answering."""
        answer = await self._answer("getUpdates", {"timeout": seconds}, read_timeout=seconds + _BEYOND_POLL_SECONDS)
        return None if code_of(answer) == IDLE else _judged(answer)

    async def set_webhook(self, url: str, *, secret: str) -> str:
        """What Zalo found when it tried `url`, "" where it does not say. The address is kept whatever it found."""
        result = await self.call("setWebhook", read_timeout=_HOOK_SECONDS, url=url, secret_token=secret)
        verification = result.get("verification")
        return str(verification.get("outcome", "")) if isinstance(verification, dict) else ""

    async def delete_webhook(self) -> None:
        """One that is not there is no failure."""
        try:
            await self.call("deleteWebhook")
        except SendError as error:
            if error.reason != "not_found":
                raise

    async def _answer(self, method: str, parameters: dict[str, Any], *, read_timeout: float | None) -> dict[str, Any]:
        _, answer = await self._http.call("POST", f"{self._base}/{method}", body=parameters, read_timeout=read_timeout)
        return answer


def _judged(answer: dict[str, Any]) -> Any:
    code = code_of(answer)
    if code:
        raise classify(code)
    return answer.get("result")
