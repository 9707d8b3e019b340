"""The peers we measure against lie in `benchmarks/` of a checkout, and not in the wheel."""

import os
from asyncio import StreamReader, StreamWriter
from asyncio.subprocess import Process
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

MISSING = "the peer is in benchmarks/ of a checkout, which a wheel does not have; run it in a checkout"


def peer(name: str) -> Any:
    """The module of a peer, None where there is none."""
    return import_module(f"benchmarks.{name}") if there(name) else None


def there(name: str) -> bool:
    try:
        return find_spec(f"benchmarks.{name}") is not None
    except ModuleNotFoundError:
        return False


def said(process: Process) -> StreamReader:
    """What a child process prints. Raises RuntimeError when nobody listens to it."""
    if process.stdout is None:
        raise RuntimeError("started without a pipe")
    return process.stdout


def told(process: Process) -> StreamWriter:
    """Where a child process reads. Raises RuntimeError when nobody writes to it."""
    if process.stdin is None:
        raise RuntimeError("started without a pipe")
    return process.stdin


def environment(folder: Path, told: Mapping[str, str]) -> dict[str, str]:
    """What a child process is told: our settings alone, and compiled bytecode, as an installed program has it."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith("NTSWATCH_") and k != "PYTHONDONTWRITEBYTECODE"}
    return {**ours, **told, "PYTHONPATH": str(root()), "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}


def root() -> Path:
    """Where child processes find `bot` and `benchmarks`."""
    return Path(__file__).parent.parent.parent
