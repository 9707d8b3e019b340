"""Keys are made once, kept apart and die; what they seal opens in its own place and nowhere else."""

import hashlib
import hmac
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import get_args

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from hypothesis import given
from hypothesis import strategies as st

from storage.keystore import PERIODS, KeyGone, Keystore, Purpose, week
from storage.vault import MOST_FILE_BYTES, CannotOpen, CaseKey, Recipient, Vault, kid, open_archive

PLACE = "nts1|case|details|17|1"
SUNDAY_NIGHT = datetime(2026, 11, 29, 23, 59, 59, tzinfo=UTC)  # the last second of 2026W48


class Clock:
    """A clock that stands still until it is told."""

    def __init__(self, at: datetime = SUNDAY_NIGHT) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def tick(self, by: timedelta) -> None:
        self.at += by


def counted(size: int) -> bytes:
    """Randomness for locked bytes: 00 01 02 ..."""
    return bytes(range(size))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keystore(tmp_path: Path, clock: Clock) -> Keystore:
    return Keystore.open(tmp_path / "keys", clock)


@pytest.fixture
def vault(keystore: Keystore) -> Vault:
    return Vault(keystore)


@pytest.fixture
def locked(tmp_path: Path, clock: Clock) -> Vault:
    return Vault(Keystore.open(tmp_path / "locked", clock, counted), counted)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    return Vault(Keystore.open(tmp_path_factory.mktemp("shared") / "keys", Clock()))


def test_aes_gcm_is_nists() -> None:
    """Test case 16 of the GCM specification (McGrew and Viega, submitted to NIST)."""
    key = bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2)
    plain = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    sealed = bytes.fromhex(
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b"
    )
    aad = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    assert AESGCM(key).encrypt(bytes.fromhex("cafebabefacedbaddecaf888"), plain, aad) == sealed


def test_aes_kw_is_rfc_3394() -> None:
    """Section 4.6: 256 bits of key data under a 256-bit key."""
    data = bytes.fromhex("00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f")
    wrapped = "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21"
    assert aes_key_wrap(counted(32), data).hex() == wrapped


def test_hpke_is_rfc_9180() -> None:
    """Appendix A.1.1, sequence number 0; only the library's own door for tests takes the vector's extra data."""
    private = X25519PrivateKey.from_private_bytes(
        bytes.fromhex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8")
    )
    sealed = bytes.fromhex(
        "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431"
        "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a"
    )
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_128_GCM)
    opened = openssl.hpke._decrypt_with_aad(suite, sealed, private, b"Ode on a Grecian Urn", b"Count-0")
    assert opened == b"Beauty is truth, truth beauty"


NEWS = "ข่าว".encode()


def test_an_envelope_is_what_the_decision_says(locked: Vault) -> None:
    subkey = hmac.digest(counted(32), b"nts1|seal\x01", "sha256")  # HKDF-Expand of one block, by hand
    header = b"\x01\x0bhot:2026W48"
    padded = (b"\x00\x00\x00\x0c" + NEWS).ljust(256, b"\x00")
    body = AESGCM(subkey).encrypt(counted(12), padded, header + PLACE.encode())
    assert locked.seal(NEWS, PLACE) == header + counted(12) + body


def test_everything_sealed_keeps_its_bytes_from_release_to_release(locked: Vault) -> None:
    key = locked.case_key()
    made = {
        "hot": locked.seal(NEWS, PLACE),
        "contact": locked.seal_contact(NEWS, PLACE),
        "hot file": locked.seal_bytes(NEWS, PLACE),
        "case": key.seal(NEWS, PLACE),
        "case file": key.seal_bytes(NEWS, PLACE),
    }
    assert {name: hashlib.sha256(sealed).hexdigest() for name, sealed in made.items()} == {
        "hot": "aa4d71cd7f99790129e6070fedd7a18c6800e6622558450cdefca45dd2a69c7b",
        "contact": "acf193e399e4af8aa3431c5ce963f68ce915793438684c5c576fd147035387b3",
        "hot file": "b718b47b6dd6a23ebb30c6985b083f465066e25bc2b69f64fb044427281e6c6a",
        "case": "5ed142d4eb4ca1cb15958493654dd66fae8806bba93eb704d6d94ef0b53811d0",
        "case file": "38a05d9143386e8d66ef658d7efa3f0e358a3119da447063714e6cdadf0715e6",
    }
    assert locked.wrap(key, 17).hex() == (
        "030b686f743a3230323657343888b826c30acb285f871dbaabdf68a1908a35e9b0bb6491a7dc35218f4d3998e322bb89347ce72f0e"
    )
    assert locked.tag("telegram", "42") == "8z4PhmJLBY0eQ9qIocsvGA"
    assert locked.code_hash("ABCD") == "5FDP8wRxMf6Rh108ZCc-m3l5XRKd_jrHZp3g_5FN4p4"


def test_an_archived_key_of_today_opens_in_years(locked: Vault) -> None:
    archived = bytes.fromhex(
        "04076e6f7274682d318cc7f68ca90123a1d876954d01fe2aafd747893e0a7c65b8b89741c611fed23cb5831606a88593b6"
        "76da90367c92ab87732aacb522bf9148ea5798548518f1bd1c1f72b913cf70ef05aee00656d12c0e"
    )
    sealed = locked.case_key().seal(NEWS, PLACE)
    opened = open_archive(archived, 17, [X25519PrivateKey.from_private_bytes(counted(32))])
    assert opened.open(sealed, PLACE) == NEWS


Open = Callable[[bytes, str], bytes]
KINDS = ("hot", "contact", "hot file", "case", "case file", "wrap", "wrap in a case", "archive")


def sealed_and_opener(kind: str, vault: Vault) -> tuple[bytes, Open]:
    """Something sealed for `PLACE` in each way there is, and what opens it."""
    key = vault.case_key()
    private = X25519PrivateKey.generate()

    def unwrap(sealed: bytes, place: str) -> bytes:
        return key_bytes(vault.unwrap(sealed, place))

    def unarchive(sealed: bytes, place: str) -> bytes:
        return key_bytes(open_archive(sealed, place, [private]))

    match kind:
        case "hot":
            return vault.seal(NEWS, PLACE), vault.open
        case "contact":
            return vault.seal_contact(NEWS, PLACE), vault.open_contact
        case "hot file":
            return vault.seal_bytes(NEWS, PLACE), vault.open_bytes
        case "case":
            return key.seal(NEWS, PLACE), key.open
        case "case file":
            return key.seal_bytes(NEWS, PLACE), key.open_bytes
        case "wrap":
            return vault.wrap(key, PLACE), unwrap
        case "wrap in a case":
            return key.wrap(vault.case_key(), PLACE), lambda sealed, place: key_bytes(key.unwrap(sealed, place))
        case _:
            return vault.archive(key, PLACE, [Recipient("north", (private.public_key(),))])[0][1], unarchive


def key_bytes(key: CaseKey) -> bytes:
    """Something to compare: a data key never shows its own bytes."""
    return key.seal(NEWS, PLACE)


def refused(opener: Open, sealed: bytes, place: str = PLACE) -> bool:
    try:
        opener(sealed, place)
    except CannotOpen:
        return True
    return False


@pytest.mark.parametrize("kind", KINDS)
def test_it_opens_in_its_place_and_in_no_other(kind: str, vault: Vault) -> None:
    sealed, opener = sealed_and_opener(kind, vault)
    opener(sealed, PLACE)
    others = ["", "nts1", PLACE + "1", PLACE[:-1], PLACE.replace("17", "18"), PLACE.replace("details", "place")]
    assert [place for place in others if not refused(opener, sealed, place)] == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "file" not in kind])
def test_every_single_flipped_bit_is_noticed(kind: str, vault: Vault) -> None:
    sealed, opener = sealed_and_opener(kind, vault)
    whole = int.from_bytes(sealed)
    flipped = ((bit, (whole ^ 1 << bit).to_bytes(len(sealed))) for bit in range(len(sealed) * 8))
    assert [bit for bit, changed in flipped if not refused(opener, changed)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_cut_or_longer_is_refused(kind: str, vault: Vault) -> None:
    sealed, opener = sealed_and_opener(kind, vault)
    assert [end for end in range(len(sealed)) if not refused(opener, sealed[:end])] == []
    assert refused(opener, sealed + b"\x00")


@pytest.mark.parametrize("opened_as", KINDS)
@pytest.mark.parametrize("sealed_as", KINDS)
def test_one_kind_never_opens_as_another(sealed_as: str, opened_as: str, locked: Vault) -> None:
    """Even where all keys have the same bytes, as they have in `locked`."""
    sealed, its_own = sealed_and_opener(sealed_as, locked)
    opener = its_own if sealed_as == opened_as else sealed_and_opener(opened_as, locked)[1]
    assert refused(opener, sealed) == (sealed_as != opened_as)


@given(garbage=st.binary(max_size=80), form=st.integers(0, 5))
def test_garbage_is_refused(shared: Vault, garbage: bytes, form: int) -> None:
    for kind in KINDS:
        opener = sealed_and_opener(kind, shared)[1]
        assert refused(opener, bytes((form,)) + garbage)


@pytest.mark.parametrize("named", ["hot:../../keys", "hot:", "hot", "nokey:2026W48", "hot:../0", "hot:٢٠٢٦W48"])
def test_a_kid_never_leads_out_of_the_keystore(vault: Vault, named: str) -> None:
    name = named.encode()
    assert refused(vault.open, bytes((1, len(name))) + name + bytes(300))


def test_a_kid_is_read_only_where_there_is_one(vault: Vault) -> None:
    sealed = vault.seal(NEWS, PLACE)
    assert kid(sealed) == "hot:2026W48"
    for broken in (b"", sealed[:1], sealed[:12], b"\x00" + sealed[1:], b"\x05" + sealed[1:], b"\x01\x01\xff"):
        with pytest.raises(CannotOpen):
            kid(broken)


def test_a_length_that_points_outside_is_refused() -> None:
    header, nonce = b"\x01\x04case", bytes(12)
    padded = (253).to_bytes(4) + bytes(252)
    sealed = header + nonce + AESGCM(counted(32)).encrypt(nonce, padded, header + PLACE.encode())
    with pytest.raises(CannotOpen):
        CaseKey(counted(32)).open(sealed, PLACE)


@pytest.mark.parametrize("point", [bytes(32), b"\x01" + bytes(31)])
def test_an_archive_sent_from_a_weak_point_is_refused(vault: Vault, point: bytes) -> None:
    sealed, opener = sealed_and_opener("archive", vault)
    start = 2 + len("north")
    assert refused(opener, sealed[:start] + point + sealed[start + len(point) :])


@given(plain=st.binary(max_size=3000), place=st.text(max_size=40))
def test_what_was_sealed_comes_back(shared: Vault, plain: bytes, place: str) -> None:
    key = shared.case_key()
    assert shared.open(shared.seal(plain, place), place) == plain
    assert shared.open_contact(shared.seal_contact(plain, place), place) == plain
    assert shared.open_bytes(shared.seal_bytes(plain, place), place) == plain
    assert key.open(key.seal(plain, place), place) == plain
    assert key.open_bytes(key.seal_bytes(plain, place), place) == plain


def test_the_same_words_never_look_the_same_twice(vault: Vault) -> None:
    assert len({vault.seal(NEWS, PLACE) for _ in range(100)}) == 100


def test_many_at_once_are_sealed_as_each_alone(vault: Vault) -> None:
    words = [(bytes([n]) * n, f"{PLACE}|{n}") for n in range(40)]
    sealed = vault.seal_all(words)
    nonce = slice(2 + len("hot:2026W48"), 2 + len("hot:2026W48") + 12)
    assert len({one[nonce] for one in sealed}) == 40
    assert [vault.open(one, place) for one, (_, place) in zip(sealed, words, strict=True)] == [w for w, _ in words]
    alone = [(vault.seal(word, place), place) for word, place in words]
    assert vault.open_all(alone) == [word for word, _ in words]
    assert vault.open_all([alone[1], (alone[0][0], f"{PLACE}|1"), alone[2]]) == [words[1][0], None, words[2][0]]
    assert vault.seal_all([]) == vault.open_all([]) == []


@pytest.mark.parametrize(
    ("size", "bucket"), [(0, 256), (252, 256), (253, 512), (508, 512), (509, 1024), (1020, 1024), (1021, 2048)]
)
def test_words_are_padded_to_doubling_buckets(vault: Vault, size: int, bucket: int) -> None:
    sealed = vault.seal(bytes(size), PLACE)
    assert len(sealed) == 2 + len("hot:2026W48") + 12 + bucket + 16


@pytest.mark.parametrize(("size", "pages"), [(0, 1), (4092, 1), (4093, 2), (8188, 2), (8189, 3)])
def test_files_are_padded_to_pages(vault: Vault, size: int, pages: int) -> None:
    sealed = vault.case_key().seal_bytes(bytes(size), PLACE)
    assert len(sealed) == 2 + len("case") + 12 + pages * 4096 + 16


def test_a_file_that_is_too_large_is_not_sealed(vault: Vault) -> None:
    with pytest.raises(ValueError, match="is the most"):
        vault.seal_bytes(bytes(MOST_FILE_BYTES + 1), PLACE)


@given(parts=st.lists(st.text(max_size=6), max_size=4), others=st.lists(st.text(max_size=6), max_size=4))
def test_tags_are_the_same_for_the_same_parts_only(shared: Vault, parts: list[str], others: list[str]) -> None:
    assert (shared.tag(*parts) == shared.tag(*others)) == (parts == others)


def test_parts_of_a_tag_do_not_run_together(vault: Vault) -> None:
    cut = [("a", "bc"), ("ab", "c"), ("abc",), ("abc", ""), ("", "abc"), ("1:a", "bc"), ("1:a2:bc",)]
    tags = [vault.tag(*parts) for parts in cut]
    assert len(set(tags)) == len(cut)
    assert {len(tag) for tag in tags} == {22}


def test_codes_and_tags_have_keys_of_their_own(vault: Vault) -> None:
    assert not vault.code_hash("4:abcd").startswith(vault.tag("abcd")[:8])


def test_a_case_outlives_the_week_it_was_wrapped_in(clock: Clock, keystore: Keystore, vault: Vault) -> None:
    key = vault.case_key()
    sealed, wrapped = key.seal(NEWS, PLACE), vault.wrap(key, 17)
    clock.tick(timedelta(weeks=1))
    anew = vault.rewrap(wrapped, 17)
    keystore.destroy("hot", "2026W48")
    assert (kid(wrapped), kid(anew), kid(sealed)) == ("hot:2026W48", "hot:2026W49", "case")
    assert vault.unwrap(anew, 17).open(sealed, PLACE) == NEWS
    with pytest.raises(CannotOpen, match="hot-2026W48"):
        vault.unwrap(wrapped, 17)


def test_only_the_recipient_opens_the_archive(vault: Vault) -> None:
    north, south = X25519PrivateKey.generate(), X25519PrivateKey.generate()
    key = vault.case_key()
    sealed = key.seal(NEWS, PLACE)
    to = [Recipient("north", (north.public_key(),)), Recipient("south", (south.public_key(),))]
    archived = dict(vault.archive(key, 17, to))
    assert open_archive(archived["north"], 17, [north]).open(sealed, PLACE) == NEWS
    assert open_archive(archived["south"], 17, [south]).open(sealed, PLACE) == NEWS
    with pytest.raises(CannotOpen):
        open_archive(archived["north"], 17, [south])
    with pytest.raises(CannotOpen):
        open_archive(archived["north"], 18, [north])


def test_two_custodians_open_the_archive_together_and_neither_alone(vault: Vault) -> None:
    one, two = X25519PrivateKey.generate(), X25519PrivateKey.generate()
    both = "+".join(k.public_key().public_bytes_raw().hex() for k in (one, two))
    key = vault.case_key()
    sealed = key.seal(NEWS, PLACE)
    [(name, archived)] = vault.archive(key, 17, [Recipient.read(f"board:{both}")])
    assert (name, kid(archived)) == ("board", "board")
    assert open_archive(archived, 17, [one, two]).open(sealed, PLACE) == NEWS
    for too_few in ([], [one], [two], [two, one], [one, one]):
        with pytest.raises(CannotOpen):
            open_archive(archived, 17, too_few)


def test_a_reporter_is_somebody_else_next_month(clock: Clock, vault: Vault, keystore: Keystore) -> None:
    november = vault.reporter_tag("line", "U1")
    assert november == vault.reporter_tag("line", "U1")
    clock.tick(timedelta(days=2))
    december = vault.reporter_tag("line", "U1")
    assert november != december
    assert vault.reporter_tags("line", "U1") == [november, december]
    keystore.destroy("reporter", "2026M11")
    assert vault.reporter_tags("line", "U1") == [december]


def test_a_recipient_is_read_from_the_settings() -> None:
    public = X25519PrivateKey.generate().public_key()
    recipient = Recipient.read(f"north-1:{public.public_bytes_raw().hex()}")
    assert recipient == Recipient("north-1", (public,))


@pytest.mark.parametrize("text", ["", "north", "north:ab", "North:" + "0" * 64, "n" * 33 + ":" + "0" * 64])
def test_a_recipient_that_is_miswritten_is_told_how(text: str) -> None:
    with pytest.raises(ValueError, match="is written name:key"):
        Recipient.read(text)


@pytest.mark.parametrize("weak", ["00" * 32, "01" + "00" * 31])
def test_a_recipient_whose_key_hides_nothing_is_refused(weak: str) -> None:
    with pytest.raises(ValueError, match="not a usable X25519 public key"):
        Recipient.read(f"north:{weak}")


def test_the_week_turns_at_midnight_utc_on_monday(clock: Clock, keystore: Keystore) -> None:
    assert keystore.current("hot")[0] == "2026W48"
    clock.tick(timedelta(seconds=1))
    assert keystore.current("hot")[0] == "2026W49"
    assert keystore.epochs("hot") == ["2026W48", "2026W49"]


@pytest.mark.parametrize(
    ("at", "epoch"),
    [
        (datetime(2027, 1, 1, tzinfo=UTC), "2026W53"),
        (datetime(2027, 1, 4, tzinfo=UTC), "2027W01"),
        (datetime(2024, 12, 30, tzinfo=UTC), "2025W01"),
        (datetime(2026, 11, 30, 6, 59, tzinfo=timezone(timedelta(hours=7))), "2026W48"),
    ],
)
def test_a_week_is_the_iso_week_in_utc(at: datetime, epoch: str) -> None:
    assert week(at) == epoch


def test_a_time_without_a_zone_is_refused(tmp_path: Path) -> None:
    naive = datetime(2026, 11, 29)  # noqa: DTZ001 -- what must be refused
    with pytest.raises(TypeError):
        Keystore.open(tmp_path / "keys", lambda: naive).current("hot")


def test_what_was_sealed_before_the_week_turned_still_opens(clock: Clock, vault: Vault) -> None:
    sealed = vault.seal(NEWS, PLACE)
    clock.tick(timedelta(seconds=1))
    assert vault.open(sealed, PLACE) == NEWS
    assert kid(vault.seal(NEWS, PLACE)) == "hot:2026W49"


def test_a_clock_set_back_finds_the_old_key_again(clock: Clock, keystore: Keystore) -> None:
    before = keystore.current("hot")[1].mac(b"")
    clock.tick(timedelta(weeks=2))
    keystore.current("hot")
    clock.tick(-timedelta(weeks=2))
    assert keystore.current("hot")[1].mac(b"") == before


@pytest.mark.parametrize("purpose", ["tag", "code", "web", "audit"])
def test_other_keys_do_not_turn(clock: Clock, keystore: Keystore, purpose: Purpose) -> None:
    before = keystore.current(purpose)[1].mac(b"")
    clock.tick(timedelta(days=400))
    epoch, key = keystore.current(purpose)
    assert (epoch, key.mac(b"")) == ("0", before)


def test_every_purpose_has_its_own_key(keystore: Keystore) -> None:
    keys = [keystore.current(purpose)[1] for purpose in PERIODS]
    assert len({key.mac(b"") for key in keys}) == len(get_args(Purpose)) == len(keys)


def test_a_key_is_the_same_after_a_restart(tmp_path: Path, clock: Clock, keystore: Keystore) -> None:
    sealed = Vault(keystore).seal(NEWS, PLACE)
    assert Vault(Keystore.open(tmp_path / "keys", clock)).open(sealed, PLACE) == NEWS


@pytest.mark.parametrize("purpose", ["hot", "contact"])
def test_a_destroyed_key_is_gone_for_good(tmp_path: Path, keystore: Keystore, purpose: Purpose) -> None:
    vault = Vault(keystore)
    seal, opener = (vault.seal, vault.open) if purpose == "hot" else (vault.seal_contact, vault.open_contact)
    sealed = seal(NEWS, PLACE)
    keystore.destroy(purpose, "2026W48")
    keystore.destroy(purpose, "2026W48")
    assert keystore.epochs(purpose) == []
    assert list((tmp_path / "keys").iterdir()) == []
    with pytest.raises(KeyGone):
        keystore.key(purpose, "2026W48")
    assert refused(opener, sealed)
    seal(NEWS, PLACE)  # the week's name is used again, its key is another
    assert refused(opener, sealed)


def test_a_key_is_overwritten_before_its_name_goes(tmp_path: Path, keystore: Keystore) -> None:
    keystore.current("hot")
    other_name = tmp_path / "kept"
    other_name.hardlink_to(tmp_path / "keys/hot-2026W48.key")
    before = other_name.read_bytes()
    keystore.destroy("hot", "2026W48")
    assert other_name.read_bytes() != before


def test_a_key_destroyed_by_another_process_is_let_go_within_a_minute(
    tmp_path: Path, clock: Clock, keystore: Keystore
) -> None:
    clock.tick(-timedelta(hours=1))  # well before the midnight that would do it too
    sealed = Vault(keystore).seal(NEWS, PLACE)
    Keystore.open(tmp_path / "keys", clock).destroy("hot", "2026W48")
    clock.tick(timedelta(minutes=1))
    assert refused(Vault(keystore).open, sealed)


def test_threads_that_make_the_same_key_get_one(tmp_path: Path, clock: Clock) -> None:
    together = threading.Barrier(8)

    def make(_: int) -> bytes:
        keystore = Keystore.open(tmp_path / "keys", clock)
        together.wait()
        return keystore.current("hot")[1].mac(b"")

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(make, range(8)))) == 1
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["hot-2026W48.key"]


MAKE_A_KEY = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from storage.keystore import Keystore

keystores = [Keystore.open(Path(sys.argv[1]) / str(n), lambda: datetime(2026, 11, 29, tzinfo=UTC)) for n in range(20)]
print("ready", flush=True)
sys.stdin.readline()
print(*(keystore.current("hot")[1].mac(b"").hex() for keystore in keystores))
"""


def test_processes_that_make_the_same_key_get_one(tmp_path: Path) -> None:
    command = [sys.executable, "-c", MAKE_A_KEY, str(tmp_path)]
    here = Path(__file__).parent.parent
    racers = [
        subprocess.Popen(command, cwd=here, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    keys = [racer.communicate(timeout=30)[0].split() for racer in racers]
    assert len(keys[0]) == 20
    assert keys[0] == keys[1] == keys[2]


def test_a_name_that_is_taken_is_never_overwritten(tmp_path: Path, clock: Clock) -> None:
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o700)
    (folder / "hot-2026W48.key").write_bytes(b"half")
    keystore = Keystore.open(folder, clock)
    with pytest.raises(KeyGone, match="not 32 bytes"):
        keystore.current("hot")
    assert (folder / "hot-2026W48.key").read_bytes() == b"half"


def test_only_the_bot_can_read_the_keys(tmp_path: Path, keystore: Keystore) -> None:
    for purpose in PERIODS:
        keystore.current(purpose)
    folder = tmp_path / "keys"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o400}
    assert {path.stat().st_size for path in folder.iterdir()} == {32}
    assert keystore.problems() == []


def test_check_points_at_what_is_wrong(tmp_path: Path, keystore: Keystore) -> None:
    folder = tmp_path / "keys"
    for purpose in PERIODS:
        keystore.current(purpose)
    folder.chmod(0o750)
    (folder / "web-0.key").chmod(0o444)
    (folder / "tag-0.key").chmod(0o600)
    (folder / "tag-0.key").write_bytes(b"short")
    (folder / "notes.txt").touch(0o600)
    (folder / ".new-abc").touch(0o600)
    told = [line.removeprefix(str(folder)) for line in keystore.problems()]
    assert told == [
        ": mode 750 lets others in; chmod 700 it",
        "/.new-abc: left by a crash while a key was made; delete it",
        "/notes.txt: not a key of ours; move it elsewhere",
        "/tag-0.key: 5 bytes instead of 32; bring it back from its backup",
        "/web-0.key: mode 444 lets others in; chmod 400 it",
    ]


@pytest.mark.parametrize("epoch", ["", "../0", "2026W48/..", "2026w48", "٢٠٢٦W48", "0\n", "2026W480"])
def test_only_an_epoch_becomes_a_file_name(keystore: Keystore, epoch: str) -> None:
    with pytest.raises(KeyGone, match="no key has such a name"):
        keystore.key("hot", epoch)
    with pytest.raises(KeyGone, match="no key has such a name"):
        keystore.destroy("hot", epoch)


def test_nothing_that_is_shown_holds_a_key(tmp_path: Path, keystore: Keystore, vault: Vault) -> None:
    case_key = CaseKey(counted(32))
    held = [keystore.current(purpose)[1] for purpose in PERIODS]
    shown = "".join(map(repr, [keystore, vault, case_key, *held])) + "".join(map(str, held))
    raw = [path.read_bytes() for path in (tmp_path / "keys").iterdir()]
    assert len(raw) == len(PERIODS)
    for secret in [*raw, counted(32)]:
        assert secret.hex() not in shown
        assert repr(secret)[2:-1] not in shown
    assert repr(held[0]) == "<Key hot:2026W48>"
    assert repr(case_key) == "<CaseKey>"
