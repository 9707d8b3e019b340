"""Seals what people say on its way to any disk; see docs/decisions/0002-sealing.md for what is sealed by what.

An envelope is `form (1) | length of kid (1) | kid | nonce (12) | ciphertext and tag`. The header is authenticated with
the caller's context, `nts1|table|column|row|version`, so that nothing sealed can be moved to another place.
"""

import os
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from handlers.values import dataclass
from storage.keystore import Key, KeyGone, Keystore, Purpose

# The first byte of everything sealed: what it is and its version in one. A changed layout takes a new number.
WORDS = 1  # padded to 256·2ⁿ
FILE = 2  # padded to 4 KiB
WRAP = 3  # a data key under a hot key, AES-KW (RFC 3394)
ARCHIVE = 4  # a data key to a coordinator's offline key, HPKE (RFC 9180)

NONCE_BYTES = 12  # random: NIST SP 800-38D allows 2³² messages a key, a weekly key meets far fewer
SEAL_BYTES = 16  # what AES-GCM adds to notice a change
DATA_KEY_BYTES = 32
LENGTH_BYTES = 4  # in front of the padded words
BUCKET = 256  # bytes; the smallest size on disk, doubled until the words fit
PAGE = 4096  # bytes; files are padded to whole pages: their size tells little, doubling would cost megabytes
MOST_FILE_BYTES = 20 * 1024 * 1024  # a bot cannot fetch more: core.telegram.org/bots/api#getfile
TAG_BYTES = 16  # 128 bits: no two residents meet by chance
FIXED_BYTES = 2  # form and length of kid

CASE_KID = b"case"
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
RECIPIENT = re.compile(r"([a-z0-9-]{1,32}):([0-9a-f]{64}(?:\+[0-9a-f]{64})*)")


class CannotOpen(Exception):
    """It was changed, cut, moved, sealed in a way we do not know, or its key is gone. Nothing of it is given out."""


class CaseKey:
    """A data key: of one case, or of one file. It is stored only wrapped, and forgotten to destroy what it sealed."""

    __slots__ = ("_cipher", "_random", "_raw")

    def __init__(self, raw: bytes, random: Callable[[int], bytes] = os.urandom) -> None:
        self._raw = raw
        self._random = random
        self._cipher = AESGCM(raw)

    def __repr__(self) -> str:
        return "<CaseKey>"

    def seal(self, plain: bytes, context: str) -> bytes:
        """Words sealed for one place."""
        return _seal(_header(WORDS, CASE_KID), self._cipher, self._random(NONCE_BYTES), _bucketed(plain), context)

    def open(self, sealed: bytes, context: str) -> bytes:
        """What `seal` was given; `CannotOpen`."""
        return self._open(WORDS, sealed, context)

    def seal_bytes(self, plain: bytes, context: str) -> bytes:
        """A file of at most `MOST_FILE_BYTES` in one message; `ValueError` when it is larger."""
        return _seal(_header(FILE, CASE_KID), self._cipher, self._random(NONCE_BYTES), _paged(plain), context)

    def open_bytes(self, sealed: bytes, context: str) -> bytes:
        """What `seal_bytes` was given; `CannotOpen`."""
        return self._open(FILE, sealed, context)

    def wrap(self, key: "CaseKey", name: str) -> bytes:
        """The data key of something that belongs to this case under the case's own key, AES-KW."""
        header = _header(WRAP, CASE_KID)
        return header + aes_key_wrap(self._wrapping(header, name), key._raw)

    def unwrap(self, wrapped: bytes, name: str) -> "CaseKey":
        """The data key that `wrap` was given; `CannotOpen`."""
        header, body = _split(WRAP, wrapped)
        if header != _header(WRAP, CASE_KID):
            raise CannotOpen("wrapped by another key")
        return CaseKey(_unwrapped(self._wrapping(header, name), body), self._random)

    def _wrapping(self, header: bytes, name: str) -> bytes:
        return HKDFExpand(hashes.SHA256(), DATA_KEY_BYTES, _bound(header, name)).derive(self._raw)

    def _open(self, form: int, sealed: bytes, context: str) -> bytes:
        header, body = _split(form, sealed)
        return _open(self._cipher, header, body, context)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Public keys of one coordinator, or of several who open the archive only together; the private ones are never
    on the server.
    """

    id: str
    public_keys: tuple[X25519PublicKey, ...]

    @classmethod
    def read(cls, text: str) -> Self:
        """From one entry of the setting `[seal] archive_recipients`; `ValueError` says what to write."""
        match = RECIPIENT.fullmatch(text)
        if match is None:
            raise ValueError("an archive recipient is written name:key, the key as 64 hexadecimal digits")
        keys = tuple(X25519PublicKey.from_public_bytes(bytes.fromhex(key)) for key in match[2].split("+"))
        try:
            for key in keys:
                SUITE.encrypt(b"", key)
        except ValueError:
            raise ValueError(f"archive recipient {match[1]}: not a usable X25519 public key") from None
        return cls(match[1], keys)


class Vault:
    """Seals, opens and tags with the keys of one keystore.

    `seal` and `seal_bytes` are for what lives days (outbox, half reports, quarantine, spool): the week's key opens them
    and dies. What lives longer is sealed by a `CaseKey`, of which only the wrap is renewed from week to week.
    """

    __slots__ = ("_keystore", "_random")

    def __init__(self, keystore: Keystore, random: Callable[[int], bytes] = os.urandom) -> None:
        self._keystore = keystore
        self._random = random

    def __repr__(self) -> str:
        return f"<Vault {self._keystore!r}>"

    def tag(self, *parts: str) -> str:
        """A stand-in for what must be found but not read: 22 characters, the same for the same parts."""
        return _text(self._keystore.current("tag")[1].mac(_framed(parts))[:TAG_BYTES])

    def reporter_tag(self, *parts: str) -> str:
        """The same for who reported, under this month's key: whoever reports again next month has another one."""
        return _text(self._keystore.current("reporter")[1].mac(_framed(parts))[:TAG_BYTES])

    def reporter_tags(self, *parts: str) -> list[str]:
        """Under every month's key that is still there."""
        keys = [self._keystore.key("reporter", epoch) for epoch in self._keystore.epochs("reporter")]
        return [_text(key.mac(_framed(parts))[:TAG_BYTES]) for key in keys]

    def code_hash(self, code: str) -> str:
        """A one-time code as it is stored: 43 characters. Spelling (case, blanks) is settled by the caller."""
        return _text(self._keystore.current("code")[1].mac(code.encode()))

    def chained(self, before: str, entry: bytes) -> str:
        """What binds an entry of the history to the one before it: 43 characters."""
        return _text(self._keystore.current("audit")[1].mac(before.encode() + b"|" + entry))

    def seal(self, plain: bytes, context: str) -> bytes:
        """Words sealed for one place under this week's hot key."""
        return self._seal(WORDS, "hot", _bucketed(plain), context)

    def seal_all(self, words: Sequence[tuple[bytes, str]]) -> list[bytes]:
        """`seal` for each of many: the key is looked up and the nonces are drawn once."""
        key = self._keystore.current("hot")[1]
        header, random = _header(WORDS, key.kid.encode()), self._random(NONCE_BYTES * len(words))
        nonces = (random[at : at + NONCE_BYTES] for at in range(0, len(random), NONCE_BYTES))
        return [
            _seal(header, key.cipher, nonce, _bucketed(plain), context)
            for (plain, context), nonce in zip(words, nonces, strict=True)
        ]

    def open(self, sealed: bytes, context: str) -> bytes:
        """What `seal` was given; `CannotOpen`."""
        return self._open(WORDS, "hot", sealed, context)

    def open_all(self, words: Sequence[tuple[bytes, str]]) -> list[bytes | None]:
        """`open` for each of many; None for one that does not open."""
        ciphers: dict[bytes, AESGCM] = {}
        made: list[bytes | None] = []
        for sealed, context in words:
            try:
                header, body = _split(WORDS, sealed)
                if header not in ciphers:
                    ciphers[header] = self._key("hot", header).cipher
                made.append(_open(ciphers[header], header, body, context))
            except CannotOpen:
                made.append(None)
        return made

    def seal_contact(self, plain: bytes, context: str) -> bytes:
        """The address of who reported, under this week's contact key: for the dispatcher alone."""
        return self._seal(WORDS, "contact", _bucketed(plain), context)

    def open_contact(self, sealed: bytes, context: str) -> bytes:
        """What `seal_contact` was given; `CannotOpen`."""
        return self._open(WORDS, "contact", sealed, context)

    def seal_bytes(self, plain: bytes, context: str) -> bytes:
        """A file of at most `MOST_FILE_BYTES` under this week's hot key; `ValueError` when it is larger."""
        return self._seal(FILE, "hot", _paged(plain), context)

    def open_bytes(self, sealed: bytes, context: str) -> bytes:
        """What `seal_bytes` was given; `CannotOpen`."""
        return self._open(FILE, "hot", sealed, context)

    def case_key(self) -> CaseKey:
        """A new data key."""
        return CaseKey(self._random(DATA_KEY_BYTES), self._random)

    def wrap(self, case_key: CaseKey, case_id: int | str) -> bytes:
        """The data key of one case under this week's hot key."""
        key = self._keystore.current("hot")[1]
        header = _header(WRAP, key.kid.encode())
        return header + aes_key_wrap(key.derive(_bound(header, case_id)), case_key._raw)

    def unwrap(self, wrapped: bytes, case_id: int | str) -> CaseKey:
        """The data key that `wrap` was given; `CannotOpen`."""
        header, body = _split(WRAP, wrapped)
        return CaseKey(_unwrapped(self._key("hot", header).derive(_bound(header, case_id)), body), self._random)

    def rewrap(self, wrapped: bytes, case_id: int | str) -> bytes:
        """The same data key under this week's hot key; what it sealed stays as it is. `CannotOpen`."""
        return self.wrap(self.unwrap(wrapped, case_id), case_id)

    def reseal(self, sealed: bytes, context: str) -> bytes:
        """The same words under this week's key of their purpose. `CannotOpen`."""
        if kid(sealed).startswith("contact:"):
            return self.seal_contact(self.open_contact(sealed, context), context)
        return self.seal(self.open(sealed, context), context)

    def kid(self, purpose: Purpose) -> str:
        """The name of the key of this period, such as `hot:2026W48`."""
        return self._keystore.current(purpose)[1].kid

    def epochs(self, purpose: Purpose) -> list[str]:
        """The periods of which a key is there, oldest first."""
        return self._keystore.epochs(purpose)

    def destroy(self, purpose: Purpose, epoch: str) -> None:
        """What this key sealed stays sealed for ever."""
        self._keystore.destroy(purpose, epoch)

    def archive(
        self, case_key: CaseKey, case_id: int | str, recipients: Iterable[Recipient]
    ) -> list[tuple[str, bytes]]:
        """The data key for each coordinator's offline key, by the recipient's id; this server cannot open them."""
        made = []
        for recipient in recipients:
            header, body = _header(ARCHIVE, recipient.id.encode()), case_key._raw
            for key in reversed(recipient.public_keys):
                body = SUITE.encrypt(body, key, info=_bound(header, case_id))
            made.append((recipient.id, header + body))
        return made

    def _seal(self, form: int, purpose: Purpose, padded: bytes, context: str) -> bytes:
        key = self._keystore.current(purpose)[1]
        return _seal(_header(form, key.kid.encode()), key.cipher, self._random(NONCE_BYTES), padded, context)

    def _open(self, form: int, purpose: Purpose, sealed: bytes, context: str) -> bytes:
        header, body = _split(form, sealed)
        return _open(self._key(purpose, header).cipher, header, body, context)

    def _key(self, purpose: Purpose, header: bytes) -> Key:
        named, _, epoch = header[FIXED_BYTES:].decode().partition(":")
        if named != purpose:
            raise CannotOpen("sealed for another purpose")
        try:
            return self._keystore.key(purpose, epoch)
        except KeyGone as gone:
            raise CannotOpen(str(gone)) from None


def open_archive(sealed: bytes, case_id: int | str, private_keys: Iterable[X25519PrivateKey]) -> CaseKey:
    """The data key of an archived case, on a coordinator's own machine, by the keys of one recipient in the order of
    the settings; `CannotOpen`.
    """
    header, body = _split(ARCHIVE, sealed)
    try:
        for key in private_keys:
            body = SUITE.decrypt(body, key, info=_bound(header, case_id))
    except InvalidTag:
        raise CannotOpen("changed, cut, moved, or sealed to another recipient") from None
    if len(body) != DATA_KEY_BYTES:
        raise CannotOpen("another key is needed as well")
    return CaseKey(body)


def kid(sealed: bytes) -> str:
    """Which key something sealed needs, such as `hot:2026W48`, `case` or a recipient's id; `CannotOpen`.

    It is read, not verified: good for choosing what to wrap anew, never for trusting it.
    """
    return _split(sealed[0] if sealed else 0, sealed)[0][FIXED_BYTES:].decode()


def named(kid: str, wraps: bool = False) -> bytes:
    """How words sealed by a key, or data keys wrapped by it, begin."""
    return _header(WRAP if wraps else WORDS, kid.encode())


def _seal(header: bytes, cipher: AESGCM, nonce: bytes, padded: bytes, context: str) -> bytes:
    return header + nonce + cipher.encrypt(nonce, padded, header + context.encode())


def _open(cipher: AESGCM, header: bytes, body: bytes, context: str) -> bytes:
    if len(body) < NONCE_BYTES + SEAL_BYTES + LENGTH_BYTES:
        raise CannotOpen("cut")
    try:
        padded = cipher.decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], header + context.encode())
    except InvalidTag:
        raise CannotOpen("changed, cut or moved") from None
    end = LENGTH_BYTES + int.from_bytes(padded[:LENGTH_BYTES])
    if end > len(padded):
        raise CannotOpen("sealed in a way we do not know")
    return padded[LENGTH_BYTES:end]


def _unwrapped(wrapping: bytes, body: bytes) -> bytes:
    try:
        return aes_key_unwrap(wrapping, body)
    except InvalidUnwrap:
        raise CannotOpen("changed, cut or moved") from None


def _header(form: int, name: bytes) -> bytes:
    return bytes((form, len(name))) + name


def _split(form: int, sealed: bytes) -> tuple[bytes, bytes]:
    """The header with a kid in ASCII, and what follows it."""
    if len(sealed) < FIXED_BYTES or sealed[0] != form or not WORDS <= form <= ARCHIVE:
        raise CannotOpen("sealed in a way we do not know")
    end = FIXED_BYTES + sealed[1]
    header = sealed[:end]
    if len(header) < end or not header.isascii():
        raise CannotOpen("its key's name is cut or unreadable")
    return header, sealed[end:]


def _bound(header: bytes, case_id: int | str) -> bytes:
    return header + f"nts1|wrap|{case_id}".encode()


def _bucketed(plain: bytes) -> bytes:
    return _padded(plain, BUCKET << ((len(plain) + LENGTH_BYTES - 1) // BUCKET).bit_length())


def _paged(plain: bytes) -> bytes:
    if len(plain) > MOST_FILE_BYTES:
        raise ValueError(f"a file of {len(plain)} bytes; {MOST_FILE_BYTES} is the most")
    return _padded(plain, -(-(len(plain) + LENGTH_BYTES) // PAGE) * PAGE)


def _padded(plain: bytes, size: int) -> bytes:
    return (len(plain).to_bytes(LENGTH_BYTES) + plain).ljust(size, b"\0")


def _framed(parts: tuple[str, ...]) -> bytes:
    return "".join([f"{len(part)}:{part}" for part in parts]).encode()


def _text(digest: bytes) -> str:
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
