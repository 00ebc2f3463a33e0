"""Calls a minute, of this OA and of its app; the app has this one OA."""


class Limits:
    def __init__(self) -> None:
        self._minute = -1
        self._calls = 0

    def count(self, now: float) -> int:
        """Count one call and return how many this minute of the clock has seen."""
        minute = int(now // 60)
        if minute != self._minute:
            self._minute, self._calls = minute, 0
        self._calls += 1
        return self._calls

    def seen(self, now: float) -> int:
        return self._calls if int(now // 60) == self._minute else 0
