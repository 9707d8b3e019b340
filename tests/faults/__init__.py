"""Breaks the real process in every way and looks at what people got (docs/reliability.md): a driver that sends, doubles
that receive, a ledger of what was promised, a checker that compares.
"""

import os

import pytest

FULL = os.environ.get("NTSWATCH_FAULTS") == "full"
only_full = pytest.mark.skipif(not FULL, reason="part of the full form: make faults")
both = pytest.mark.parametrize(
    "url", ["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, only_full])], indirect=True
)
