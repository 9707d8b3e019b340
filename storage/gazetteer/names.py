"""From typed words to places: names in every script that a source has, compared letter by letter."""

import re
from collections.abc import Iterable, Iterator

from rapidfuzz import fuzz, process

from handlers.fold import skeleton
from handlers.places import Kind, Match
from handlers.values import dataclass

LONGEST = 120  # letters of what was typed that are compared: twice the longest name with its province
SHORTEST = 5  # letters: a shorter name is found inside longer words by chance (Trat in "market")
ALIKE = 70.0  # per cent of equal letters: tests/test_gazetteer.py holds typos above it and nonsense below
INSIDE = 88.0  # per cent, for a name among other words or with its province: more is equal by chance there
PART = 0.8  # a name among other words never weighs as much as the name alone, so it is asked about
LOOSE = 0.95  # without "Mueang" or "Ban", which belong to many names: the name with it comes first

_ORDER: tuple[Kind, ...] = ("province", "district", "crossing")
_LATIN = r"province|changwat|khw?aeng|khoueng|khett?|district|amphoe|amphur|srok"
_OFFICE = re.compile(rf"(?:^|\s)(?:จังหวัด|จ[. ]|อำเภอ|อ[. ]|แขวง|ຈັງຫວັດ|ອຳເພີ|ອຳເພ|ແຂວງ|ខេត្ត|ស្រុក|(?:{_LATIN})\b)[\s.]*")
_COMMON = re.compile(r"^(?:เมือง|หมู่บ้าน|บ้าน|ເມືອງ|ບ້ານ|ភូមិ|ក្រុង|(?:m[uo]e?ang|baan|ban|phum|krong)\b)\s*")
_GAPS = re.compile(r"[\s!-/:-@\[-`{-~\u00a0-\u00bf\u2000-\u206f]+")
_SILENT = re.compile("[ก-ฮ][\u0e34-\u0e39]?\u0e4c|[\u0e48-\u0e4c]")

# Unicode lays Lao out like Thai, 0x80 further on: in one script, a Thai name spelled in Lao can be compared.
# Letters of one sound are one letter, as in Lao: few type the Sanskrit spellings right, or Lao `x` for `s`.
_SOUNDS: dict[int, str | int] = {lao: lao - 0x80 for lao in range(0x0E81, 0x0ECE)}
_SOUNDS |= {0x0E8A: "ช", 0x0E8D: "ย", 0x0EA3: "ล", 0x0EBB: "", 0x0EBC: "ล", 0x0EBD: "ีย", 0x0EC3: "ไ"}
_SOUNDS |= str.maketrans("ซศษณฬภธญรใx", "ชสสนลพทยลไs")


@dataclass(frozen=True, slots=True)
class Entry:
    """A place and what it is called. `full` are names with the province, which count only when typed in full."""

    kind: Kind
    code: str
    country: str
    names: tuple[str, ...]
    full: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Name:
    key: str
    weight: float
    entry: Entry
    alone: bool


class Names:
    """All entries, ready to be compared."""

    __slots__ = ("_keys", "_names")

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._names = [name for entry in entries for name in _names(entry)]
        self._keys = [name.key for name in self._names]

    def find(self, words: str, limit: int) -> tuple[Match, ...]:
        """At most `limit` places, best first; the last of them makes room for the other bank if it has any."""
        best: dict[tuple[Kind, str], tuple[float, Entry]] = {}
        for key, weight in spelled(words[:LONGEST]):
            for name, score in self._alike(key):
                place = (name.entry.kind, name.entry.code)
                best[place] = max(best.get(place, (0.0, name.entry)), (score * weight, name.entry), key=lambda b: b[0])
        ranked = sorted(best.values(), key=lambda b: (-b[0], _ORDER.index(b[1].kind), b[1].code))
        return tuple(Match(e.kind, e.code, round(score, 4)) for score, e in _both_banks(ranked, max(limit, 0)))

    def _alike(self, key: str) -> Iterator[tuple[_Name, float]]:
        for _, score, place in process.extract_iter(key, self._keys, scorer=fuzz.ratio, score_cutoff=ALIKE):
            name = self._names[place]
            if name.alone or score >= INSIDE:
                yield name, name.weight * score / 100
        if len(key) < SHORTEST:
            return
        parts = process.extract_iter(key, self._keys, scorer=fuzz.partial_ratio, score_cutoff=INSIDE)
        for found, score, place in parts:
            name = self._names[place]
            if name.alone and len(found) >= SHORTEST:
                shared = min(len(found), len(key)) / max(len(found), len(key))
                yield name, name.weight * score / 100 * (PART + (1 - PART) / 2 * shared)


def spelled(words: str) -> tuple[tuple[str, float], ...]:
    """The keys under which words are compared, each with its weight; none for words that name nothing ("ban")."""
    bare = skeleton(words)
    while (shorter := _OFFICE.sub(" ", bare).strip()) != bare:
        bare = shorter
    loose = _key(_COMMON.sub("", bare))
    return tuple({loose: LOOSE, _key(bare): 1.0}.items()) if loose else ()


def _key(folded: str) -> str:
    return _SILENT.sub("", _GAPS.sub("", folded).translate(_SOUNDS))


def _names(entry: Entry) -> Iterator[_Name]:
    for alone, names in ((True, entry.names), (False, entry.full)):
        keys = {key: weight for name in names for key, weight in spelled(name)}
        yield from (_Name(key, weight, entry, alone) for key, weight in keys.items())


def _both_banks(ranked: list[tuple[float, Entry]], limit: int) -> list[tuple[float, Entry]]:
    chosen = ranked[:limit]
    banks = {entry.country == "TH" for _, entry in chosen}
    other = next((r for r in ranked[limit:] if (r[1].country == "TH") not in banks), None)
    return [*chosen[:-1], other] if other and len(chosen) > 1 else chosen
