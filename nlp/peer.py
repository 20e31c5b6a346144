"""snownlp, the library people use today, to compare with. Its own traps are stepped around, its readings untouched."""

import functools
from collections.abc import Sequence

from scrm.errors import StartupError

_CAP = 500
"""snownlp takes 20 s for ten thousand characters."""


@functools.lru_cache(maxsize=1)
def _snownlp() -> object:
    try:
        import snownlp
    except ImportError as error:
        raise StartupError("Comparing needs snownlp: pip install 'scrm-hub[test]', then try again.") from error
    return snownlp


def peer_good(text: str) -> float:
    """snownlp's probability of positive; .5 where it divides by zero."""
    cut = text.strip()[:_CAP]
    if not cut:
        return 0.5
    try:
        return float(_snownlp().SnowNLP(cut).sentiments)  # type: ignore[attr-defined]
    except ZeroDivisionError:
        return 0.5


class PeerBayes:
    """snownlp's classifier over its own words, trained on (text, class) pairs."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        _snownlp()
        from snownlp import seg
        from snownlp.classification.bayes import Bayes

        self._cut = seg.seg
        self._bayes = Bayes()
        self._bayes.train([(self._cut(text[:_CAP]), code) for text, code in pairs])

    def classify(self, text: str) -> str:
        return str(self._bayes.classify(self._cut(text[:_CAP]))[0])
