"""How fast each platform takes messages: token buckets for a channel and for each of its chats."""

from collections import OrderedDict
from dataclasses import dataclass

from bot.channels import Pace

CHATS_REMEMBERED = 50_000


@dataclass(slots=True)
class Bucket:
    """`burst` at once, then `rate` a second. Times are seconds of one monotonic clock."""

    rate: float
    burst: float
    left: float
    at: float

    def wait(self, now: float) -> float:
        """Seconds until one more is allowed."""
        self.left = min(self.burst, self.left + (now - self.at) * self.rate)
        self.at = now
        return 0.0 if self.left >= 1 else (1 - self.left) / self.rate

    def take(self, now: float) -> None:
        self.wait(now)
        self.left -= 1


def full(rate: float, burst: int, at: float) -> Bucket:
    return Bucket(rate, burst, burst, at)


class Pacer:
    """Says how long a message must wait, and counts the ones that left."""

    def __init__(self, pace: Pace) -> None:
        self._whole = self._pace = pace
        self._all = full(pace.all_per_second, max(1, round(pace.all_per_second)), 0.0)
        self._chats: OrderedDict[str, Bucket] = OrderedDict()
        self._held_until = 0.0

    def share(self, processes: int) -> None:
        """Keep to an equal share of the limits: they are the account's, and so many processes use it."""
        n, whole = max(1, processes), self._whole
        pace = Pace(
            whole.all_per_second / n,
            whole.chat_per_second / n,
            max(1, whole.chat_burst // n),
            whole.group_per_second / n,
            max(1, whole.group_burst // n),
        )
        if pace != self._pace:
            self._pace = pace
            self._all = full(pace.all_per_second, max(1, round(pace.all_per_second)), self._all.at)
            self._chats.clear()

    def wait(self, lane: str, group: bool, now: float) -> float:
        held = self._held_until - now
        return max(held, self._all.wait(now), self._chat(lane, group, now).wait(now))

    def room(self, lane: str, group: bool, now: float) -> int:
        """How many messages this chat takes at once."""
        bucket = self._chat(lane, group, now)
        bucket.wait(now)
        return int(bucket.left)

    def take(self, lane: str, group: bool, now: float) -> None:
        self._all.take(now)
        self._chat(lane, group, now).take(now)

    def hold(self, seconds: float, now: float) -> None:
        """The platform asked the whole channel to wait."""
        self._held_until = max(self._held_until, now + seconds)

    def _chat(self, lane: str, group: bool, now: float) -> Bucket:
        bucket = self._chats.get(lane)
        if bucket is None:
            rate, burst = (
                (self._pace.group_per_second, self._pace.group_burst)
                if group
                else (self._pace.chat_per_second, self._pace.chat_burst)
            )
            bucket = self._chats[lane] = full(rate, burst, now)
            if len(self._chats) > CHATS_REMEMBERED:
                self._chats.popitem(last=False)
        self._chats.move_to_end(lane)
        return bucket
