"""Compiles data/cells.csv to data/cells.bin. Alone in its file: packaging imports it where nothing is installed.

cells.bin, little-endian: MAGIC, HEADER (number of cells, bytes of the list), the list of district codes as UTF-8
(one cell's codes a line, `A|B`), the sorted cells as uint64, and for each cell its line of the list as uint16.
"""

import csv
import os
import sys
from array import array
from collections.abc import Iterable
from pathlib import Path
from struct import Struct

MAGIC = b"NTSCELL1"
HEADER = Struct("<II")
DATA = Path(__file__).parent / "data"


def little(numbers: "array[int]") -> "array[int]":
    """The same numbers in the byte order of the file."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def compiled(rows: Iterable[tuple[str, str]]) -> bytes:
    """cells.bin of rows (H3 cell in hexadecimal, district codes joined by `|`)."""
    cells = sorted((int(cell, 16), codes) for cell, codes in rows)
    line = {codes: number for number, codes in enumerate(dict.fromkeys(codes for _, codes in cells))}
    texts = "\n".join(line).encode()
    numbers = little(array("Q", [cell for cell, _ in cells])).tobytes()
    lines = little(array("H", [line[codes] for _, codes in cells])).tobytes()
    return b"".join((MAGIC, HEADER.pack(len(cells), len(texts)), texts, numbers, lines))


def build(source: Path = DATA / "cells.csv", target: Path = DATA / "cells.bin") -> Path:
    """Writes `target`, whole or not at all: another process may be reading it."""
    with source.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        next(reader)
        content = compiled((cell, codes) for cell, codes in reader)
    unfinished = target.with_name(f"{target.name}.{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(target)
    return target


if __name__ == "__main__":
    print(build(target=Path(sys.argv[1])) if len(sys.argv) > 1 else build())
