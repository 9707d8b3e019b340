"""Stand-ins for the platforms: real servers that answer as the platforms do and remember every call."""
