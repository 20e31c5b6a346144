"""Terms that come in the same messages are one topic, named by its most telling phrase. Pure."""

import math
from collections.abc import Collection, Mapping, Sequence

from dashboards.monitor.bursts import Spike
from scrm.model.base import Record

# Of the smaller of two sets of messages, how much must lie in the other for the two to be one topic.
TOGETHER = 0.5
MOST_TERMS = 8
_FULL_LENGTH = 4
_LEAST_EXPECTED = 0.25


class Group(Record, kw_only=True):
    """terms: the name first, then the most surprising. scope: the category they rose in; None: over all."""

    name: str
    terms: tuple[str, ...]
    scope: str | None
    surprise: float


def grouped(spikes: Sequence[Spike], said_in: Mapping[str, Collection[str]], *, most: int) -> list[Group]:
    """spikes: the most surprising first. said_in: ids of the messages that say a term. At most `most` groups."""
    groups: list[tuple[list[Spike], set[str]]] = []

    def leading(group: tuple[list[Spike], set[str]]) -> Collection[str]:
        return said_in[group[0][0].term]

    for spike in spikes:
        messages = set(said_in.get(spike.term, ()))
        if not messages:
            continue
        # With the most surprising it fits, and by that one's messages, never by what joined it: a word said in two
        # stories ("has anybody seen …") would else make them one.
        home = next(
            (
                group
                for group in groups
                if group[0][0].category == spike.category and _together(messages, leading(group))
            ),
            None,
        )
        if home is None:
            groups.append(([spike], messages))
        elif len(home[0]) < MOST_TERMS:
            home[0].append(spike)
            home[1].update(messages)
    return [_group(members, messages, said_in) for members, messages in groups[:most]]


def _together(one: set[str], other: Collection[str]) -> bool:
    return len(one.intersection(other)) >= TOGETHER * min(len(one), len(other))


def _group(members: Sequence[Spike], messages: set[str], said_in: Mapping[str, Collection[str]]) -> Group:
    def telling(spike: Spike) -> tuple[float, str]:
        """Said by many of the messages, new, and a phrase rather than a word."""
        coverage = len(messages.intersection(said_in[spike.term])) / len(messages)
        rise = math.log2(1 + spike.seen / max(spike.expected, _LEAST_EXPECTED))
        weight = len(spike.term) if not spike.term.isascii() else len(spike.term) / 2
        return coverage * rise**2 * min(weight, _FULL_LENGTH), spike.term

    name = max(members, key=telling).term
    rest = [spike.term for spike in members if spike.term != name]
    return Group(
        name=name,
        terms=(name, *rest),
        scope=members[0].category,
        surprise=max(spike.surprise for spike in members),
    )
