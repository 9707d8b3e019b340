"""Fuzzing: `make fuzz` runs it for minutes with coverage as its guide, `tests/test_fuzz.py` for a moment."""
