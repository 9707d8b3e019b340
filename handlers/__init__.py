"""What the bot decides. Nothing in this package reads a clock, a socket, a file or a database."""
