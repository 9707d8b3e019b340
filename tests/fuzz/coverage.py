"""Coverage leads: atheris (libFuzzer) changes deliveries where a change reached lines that none had reached before."""

import random
import sys
import tempfile
from pathlib import Path

import atheris
import orjson

with atheris.instrument_imports(include=["bot.channels", "handlers.events", "handlers.fold"]):
    from tests.fuzz import webhooks

from tests.fuzz.mutation import mutated


def main() -> None:
    """`python -m tests.fuzz.coverage CHANNEL SECONDS SEED`; its status is not 0 when something was found."""
    channel, seconds, seed = sys.argv[1:4]
    known = webhooks.seeds(channel)

    def change(data: bytes, most: int, number: int) -> bytes:
        dice = random.Random(number)
        try:
            body = webhooks.written(mutated(orjson.loads(data), dice.choice(known), dice))
        except (orjson.JSONDecodeError, RecursionError):
            return bytes(atheris.Mutate(data, most))
        return body if len(body) <= most and dice.random() < 0.9 else bytes(atheris.Mutate(data, most))

    def one(data: bytes) -> None:
        webhooks.holds(channel, data)

    with tempfile.TemporaryDirectory() as corpus:
        for number, body in enumerate(known):
            (Path(corpus) / str(number)).write_bytes(webhooks.written(body))
        told = [f"-max_total_time={seconds}", f"-seed={seed}", "-max_len=16384", "-print_final_stats=1", corpus]
        atheris.Setup([sys.argv[0], *told], one, custom_mutator=change)
        atheris.Fuzz()  # leaves the process


if __name__ == "__main__":
    main()
