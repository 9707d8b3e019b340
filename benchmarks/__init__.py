"""The peers that `ntswatch bench` measures against. Not part of the wheel."""
