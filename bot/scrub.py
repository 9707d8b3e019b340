"""Clips without metadata where there is no ffmpeg: what tells of place, time and maker is blanked where it stands.

Nothing is moved, so no offset inside the file changes. Only what Telegram, LINE and phones make is understood: the
MP4 family (ISO/IEC 14496-12) and Ogg Opus (RFC 3533, RFC 7845). Anything else: `CannotScrub`.
"""

from collections.abc import Iterator, Mapping

BOX = 8  # bytes of a box's length and type
# What is needed to play, by parent. Any other box (udta, meta, uuid, what a maker invented) becomes empty `free` space.
NEEDED: Mapping[bytes, frozenset[bytes]] = {
    b"": frozenset((b"ftyp", b"moov", b"mdat", b"moof", b"mfra", b"sidx", b"styp")),
    b"moov": frozenset((b"mvhd", b"trak", b"mvex", b"iods")),
    b"trak": frozenset((b"tkhd", b"edts", b"mdia", b"tref")),
    b"mdia": frozenset((b"mdhd", b"hdlr", b"minf", b"elng")),
    b"minf": frozenset((b"vmhd", b"smhd", b"hdlr", b"dinf", b"stbl")),
    b"moof": frozenset((b"mfhd", b"traf")),
}
DATED = (b"mvhd", b"tkhd", b"mdhd")  # after version and flags: when made, when changed
PAGE = 27  # bytes of an Ogg page before its table of segments
FIRST, CRC = 2, slice(22, 26)  # the flag of a stream's first page; where the checksum stands
POLYNOMIAL = 0x04C11DB7  # RFC 3533, section 6


class CannotScrub(Exception):
    """It is cut, or holds something that cannot be taken out without moving the rest."""


def mp4(content: bytes) -> bytes:
    """A clip of the MP4 family without places, times, names and makers; `CannotScrub`."""
    made = bytearray(content)
    _scrub(made, 0, len(made), b"")
    return bytes(made)


def _scrub(made: bytearray, start: int, end: int, parent: bytes) -> None:
    for at, body, stop, kind in _boxes(made, start, end):
        if kind not in NEEDED[parent]:
            made[at + 4 : at + 8] = b"free"
            made[body:stop] = bytes(stop - body)
        elif kind in NEEDED:
            _scrub(made, body, stop, kind)
        elif kind in DATED and stop - body >= 20:
            made[body + 4 : body + 20 if made[body] else body + 12] = bytes(16 if made[body] else 8)
        elif kind == b"hdlr" and parent == b"mdia":
            _hear_or_see(made, body, stop)


def _hear_or_see(made: bytearray, body: int, stop: int) -> None:
    """Cameras add tracks of places; their samples lie between the others. The track's name is a maker's."""
    if bytes(made[body + 8 : body + 12]) not in (b"vide", b"soun"):
        raise CannotScrub("a track that is neither picture nor sound")
    made[body + 24 : stop] = bytes(max(0, stop - body - 24))


def _boxes(made: bytearray, start: int, end: int) -> Iterator[tuple[int, int, int, bytes]]:
    """Where each box begins, where its body begins and ends, and its type."""
    at = start
    while at + BOX <= end:
        size, body = int.from_bytes(made[at : at + 4]), at + BOX
        if size == 1:
            size, body = int.from_bytes(made[at + 8 : at + 16]), at + 16
        stop = end if size == 0 else at + size
        if not body <= stop <= end:
            raise CannotScrub("cut")
        yield at, body, stop, bytes(made[at + 4 : at + 8])
        at = stop
    made[at:end] = bytes(end - at)


def opus(content: bytes) -> bytes:
    """One stream of Ogg Opus with an empty comment header; what follows its last page is cut off. `CannotScrub`."""
    made, at, number, told = bytearray(content), 0, 0, False
    while made[at : at + 4] == b"OggS" and len(made) >= at + PAGE:
        table = made[at + PAGE : at + PAGE + made[at + 26]]
        body = at + PAGE + len(table)
        stop = body + sum(table)
        if stop > len(made):
            raise CannotScrub("cut")
        if (number == 0) != bool(made[at + 5] & FIRST) or (number == 0 and made[body : body + 8] != b"OpusHead"):
            raise CannotScrub("not one stream of Opus")
        if number and not told:
            _empty(made, at, body, stop, number)
            told = table[-1:] != b"\xff"  # a full last segment: the packet goes on in the next page
        at, number = stop, number + 1
    if not told:
        raise CannotScrub("cut")
    return bytes(made[:at])


def _empty(made: bytearray, at: int, body: int, stop: int, number: int) -> None:
    """A page of comments becomes no vendor, no comments, and padding (RFC 7845, section 5.2)."""
    if number == 1 and made[body : body + 8] != b"OpusTags":
        raise CannotScrub("no comment header")
    made[body + 8 if number == 1 else body : stop] = bytes(stop - body - (8 if number == 1 else 0))
    made[at + CRC.start : at + CRC.stop] = bytes(4)
    made[at + CRC.start : at + CRC.stop] = _checksum(made[at:stop]).to_bytes(4, "little")


def _checksum(page: bytearray) -> int:
    register = 0
    for byte in page:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1 ^ (POLYNOMIAL if register & 0x80000000 else 0)) & 0xFFFFFFFF
    return register
