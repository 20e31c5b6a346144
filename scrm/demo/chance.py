"""Chance that repeats: the same words give the same draws, in every process."""

from random import Random


def chance(*parts: object) -> Random:
    """For stories, never for secrets."""
    return Random(":".join(str(part) for part in parts))  # noqa: S311
