"""Breaks the real process in every way and looks at what people got: driver, doubles, ledger, checker (docs/reliability.md)."""

import os

FULL = os.environ.get("NTSWATCH_FAULTS") == "full"
