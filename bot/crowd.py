"""How much may come from one network address: new chats of the page, files, open lines. A shared address is a village.

A chat's own pace does not hold whoever invents a new chat for every message. An address tells nothing about who
somebody is (T04): it only keeps one sender, or one crowd, from taking what all others need as well.
"""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.requests import HTTPConnection

from bot.webguard import Refused

# A village behind one address, or a school on a training day, is a few hundred people who all begin within an hour.
CHATS_BURST, CHATS_PER_SECOND = 400.0, 0.1
ALL_BURST, ALL_PER_SECOND = 4_000.0, 5.0  # every one is a sealed row of about 1 KB: at most 18 MB an hour
BYTES_BURST, BYTES_PER_SECOND = 600_000_000.0, 100_000.0  # thirty of the largest files, then one in three minutes
LINES = 500  # open lines of one address, of the 2,000 that there are
MOST_NAMES = 10_000  # remembered at a time, about 1 MB
NETWORK = 64  # bits of an IPv6 address that a household has; the rest it may choose as it likes

OURS = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10")))


def origin(request: HTTPConnection) -> str:
    """The address behind a request: the connection's, or what a proxy of ours says that it saw.

    Only a neighbour (this machine, a private network) is taken for a proxy, and only its own word: the last one.
    """
    peer = request.client.host if request.client else ""
    seen = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return network(seen) if seen and is_near(peer) else network(peer)


def is_outside(request: HTTPConnection) -> bool:
    """Whether a request came from the world: through a proxy, or from no machine of our own."""
    passed = any(name in request.headers for name in ("x-forwarded-for", "forwarded", "x-real-ip"))
    return passed or not is_near(request.client.host if request.client else "")


def is_near(host: str) -> bool:
    """Whether this is our own machine or network, where a proxy or a monitor may stand."""
    try:
        found = ip_address(host)
    except ValueError:
        return not host  # a local socket has no address
    return found.is_loopback or any(found in net for net in OURS)


def network(host: str) -> str:
    """What counts as one address."""
    try:
        found = ip_address(host)
    except ValueError:
        return host[:64]
    if isinstance(found, IPv6Address) and not found.ipv4_mapped:
        return str(IPv6Address(int(found) >> 128 - NETWORK << 128 - NETWORK))
    return str(getattr(found, "ipv4_mapped", None) or found)


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Buckets:
    """One token bucket for each name; what was not asked for longest is forgotten first. `clock` in seconds."""

    def __init__(self, burst: float, per_second: float, clock: Callable[[], float], most: int = MOST_NAMES) -> None:
        self._burst, self._rate, self._clock, self._most = burst, per_second, clock, most
        self._held: dict[str, _Bucket] = {}

    def take(self, name: str, tokens: float, why: str) -> None:
        """Raises Refused, with `why`, when there are not so many left; a debt is never made."""
        now = self._clock()
        bucket = self._held.pop(name, None) or _Bucket(self._burst, now)
        bucket.left = min(self._burst, bucket.left + (now - bucket.at) * self._rate)
        bucket.at = now
        self._held[name] = bucket
        while len(self._held) > self._most:
            del self._held[next(iter(self._held))]
        if bucket.left < tokens:
            raise Refused(why, 429, wait=int((tokens - bucket.left) / self._rate) + 1)
        bucket.left -= tokens

    def knows(self, name: str) -> bool:
        """Whether somebody of this name took anything lately."""
        return name in self._held


class Crowd:
    """What may come from one address, and from all of them together."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._chats = Buckets(CHATS_BURST, CHATS_PER_SECOND, clock)
        self._all = Buckets(ALL_BURST, ALL_PER_SECOND, clock)
        self._bytes = Buckets(BYTES_BURST, BYTES_PER_SECOND, clock)
        self._lines: dict[str, int] = {}

    def newcomer(self, address: str) -> None:
        """A chat that was not heard of lately. Raises Refused."""
        self._chats.take(address, 1.0, "pace")
        self._all.take("", 1.0, "pace")

    def file(self, address: str, size: int) -> None:
        """A file of so many bytes. Raises Refused."""
        self._bytes.take(address, float(size), "pace")

    def enter(self, address: str) -> None:
        """One more open line. Raises Refused."""
        if self._lines.get(address, 0) >= LINES:
            raise Refused("busy", 503, wait=30)
        self._lines[address] = self._lines.get(address, 0) + 1

    def leave(self, address: str) -> None:
        self._lines[address] -= 1
        if not self._lines[address]:
            del self._lines[address]
