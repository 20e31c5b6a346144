"""Many strings looked for at once: Aho and Corasick's automaton (Communications of the ACM 18, 1975).

One pass over the text, whatever it holds; what a character costs does not grow with the number of patterns. Measured
beside pyahocorasick 2.3.1 (C) in decision 11: on service messages folding the text costs more than either, so
this page of Python stands in for another dependency.
"""

from collections import deque
from collections.abc import Iterable, Iterator


class Automaton:
    """Compiled once, then read by any number of threads."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self._next: list[dict[str, int]] = [{}]
        self._fail = [0]
        # The pattern that ends in a state, and the nearest state on its way of failures in which another one does.
        self._ends: list[str | None] = [None]
        self._also = [0]
        for pattern in patterns:
            if pattern:
                self._add(pattern)
        self._link()

    def find(self, text: str) -> Iterator[tuple[int, str]]:
        """(start, pattern) of every occurrence, in the order of their ends; those that end together, longest first."""
        following, fail, ends, also = self._next, self._fail, self._ends, self._also
        state = 0
        for place, char in enumerate(text, start=1):
            while state and char not in following[state]:
                state = fail[state]
            state = following[state].get(char, 0)
            ending = state if ends[state] is not None else also[state]
            while ending:
                pattern = ends[ending]
                if pattern is not None:
                    yield place - len(pattern), pattern
                ending = also[ending]

    def _add(self, pattern: str) -> None:
        state = 0
        for char in pattern:
            after = self._next[state].get(char)
            if after is None:
                after = self._next[state][char] = len(self._next)
                self._next.append({})
                self._fail.append(0)
                self._ends.append(None)
                self._also.append(0)
            state = after
        self._ends[state] = pattern

    def _link(self) -> None:
        """Where a state goes on when the next character fails it: the longest suffix that begins a pattern."""
        waiting = deque(self._next[0].values())
        while waiting:
            state = waiting.popleft()
            for char, after in self._next[state].items():
                waiting.append(after)
                back = self._fail[state]
                while back and char not in self._next[back]:
                    back = self._fail[back]
                fail = self._next[back].get(char, 0)
                self._fail[after] = fail if fail != after else 0
                self._also[after] = fail if self._ends[fail] is not None else self._also[fail]
