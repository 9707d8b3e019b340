"""The fuzzers' short form, so that they do not rot: known seeds, a few thousand changed deliveries."""

import random

import pytest

from tests.fuzz import mutation, webhooks

TRIES = 1_500


@pytest.mark.parametrize("channel", webhooks.TARGETS)
@pytest.mark.parametrize("seed", range(2))
def test_no_changed_delivery_is_more_than_the_parser_can_take(channel: str, seed: int) -> None:
    dice, known = random.Random(seed), webhooks.seeds(channel)
    for _ in range(TRIES):
        body = webhooks.written(mutation.mutated(dice.choice(known), dice.choice(known), dice))
        webhooks.holds(channel, body)
        webhooks.holds(channel, body[: dice.randrange(len(body))])


@pytest.mark.parametrize("channel", webhooks.TARGETS)
def test_nothing_is_read_without_a_signature(channel: str) -> None:
    for known in webhooks.seeds(channel):
        webhooks.refused(channel, webhooks.written(known))


def test_changes_are_told_by_the_seed() -> None:
    first, again = (
        [mutation.mutated({"a": [1, "x"]}, {"b": 2}, random.Random(7)) for _ in range(20)] for _ in range(2)
    )
    assert first == again
