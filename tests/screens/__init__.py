"""Every screen a resident can meet, in every language, as pictures and as checks: see docs/screens.md."""
