"""What the learner reaches on somebody's labelled rows when it may learn from such rows: five folds of them.

No shipped weights take part. Beside the shipped reader's figure on the same set it tells how much is missing for want
of texts of that trade. Pure.
"""

from collections.abc import Callable, Sequence

from nlp import sentiment, train
from nlp.linear import LinearModel
from nlp.normalise import normalise
from nlp.sentiment import BAD, FOND, GOOD
from scrm.model.analysis import Sentiment
from scrm.model.base import Record

FOLDS = 5
MOST_ROWS, MOST_CHARACTERS = 12_000, 600_000
"""Most that is learnt from, drawn once: five folds of so much take a minute or two of one core."""
LEAST = 50
"""Rows that each mood needs before folds say anything."""
_FITTED_ON = 3_000
"""Two numbers need no more scores than this."""


class Told(Record, kw_only=True):
    """A row as a model read it that had not seen it. feels, positive: as `sentiment.probabilities` gives them; where
    no row of the set is neutral, everything feels."""

    truth: Sentiment
    feels: float
    positive: float

    @property
    def guess(self) -> Sentiment:
        chances = {
            Sentiment.NEGATIVE: self.feels * (1.0 - self.positive),
            Sentiment.NEUTRAL: 1.0 - self.feels,
            Sentiment.POSITIVE: self.feels * self.positive,
        }
        return max(chances, key=lambda mood: chances[mood])


def folds(labelled: Sequence[tuple[str, Sentiment]], progress: Callable[[int], None]) -> list[Told]:
    """Every row read by what the other four fifths taught; nothing where a mood has too few rows.

    labelled: in an order that says nothing. progress: told the fold that begins, 1 … `FOLDS`. A text that stands
    there twice counts once. Chances of a fold are calibrated (two numbers a question) on the scores of the other folds.
    """
    texts = _affordable(labelled)
    truths = [mood for _, mood in texts]
    moods = set(truths)
    if len(moods) < 2 or any(truths.count(mood) < LEAST for mood in moods):
        return []
    rows = _rows(texts)
    scores: list[list[float]] = [[] for _ in texts]
    for fold in range(FOLDS):
        progress(fold + 1)

        def taught(place: int, fold: int = fold) -> bool:
            return place % FOLDS != fold

        model = LinearModel(train.fit_mood(rows.pick(taught)))
        for place in range(fold, len(texts), FOLDS):
            scores[place] = model.scores(set(rows.rows[place].grams), rows.rows[place].signals)
    others = [[place for place in range(len(texts)) if place % FOLDS != fold] for fold in range(FOLDS)]
    fits = [train.fitted(rows, scores, each[:: 1 + len(each) // _FITTED_ON]) for each in others]
    told = []
    for place, truth in enumerate(truths):
        names, fit = tuple(rows.targets), fits[place % FOLDS]
        if len(names) == 1:
            feels, positive = 1.0, sentiment.sigmoid(fit["good_slope"] * scores[place][0] + fit["good_offset"])
        else:
            feels, positive = sentiment.decide(names, fit, scores[place], rows.sizes[place])
        told.append(Told(truth=truth, feels=feels, positive=positive))
    return told


def _affordable(labelled: Sequence[tuple[str, Sentiment]]) -> list[tuple[str, Sentiment]]:
    """Normalised, each text once, the first of them up to the bounds."""
    once: dict[str, Sentiment] = {}
    characters = 0
    for raw, mood in labelled:
        text = normalise(raw).text
        if text and text not in once:
            characters += len(text)
            if len(once) == MOST_ROWS or characters > MOST_CHARACTERS:
                break
            once[text] = mood
    return list(once.items())


def _rows(texts: Sequence[tuple[str, Sentiment]]) -> train.MoodRows:
    """As `train.mood_rows` makes them of ours; where nothing is neutral, which way an opinion goes is all there is."""
    ways = [{Sentiment.POSITIVE: 1, Sentiment.NEGATIVE: -1}.get(mood, 0) for _, mood in texts]
    targets = {GOOD: ways}
    if not all(ways):
        targets |= {BAD: [1 if way < 0 else -1 for way in ways], FOND: [1 if way > 0 else -1 for way in ways]}
    return train.MoodRows(
        rows=[sentiment.row(text) for text, _ in texts],
        targets=targets,
        costs={name: [1.0] * len(texts) for name in targets},
        folds=[place % FOLDS for place in range(len(texts))],
        sizes=[len(text) for text, _ in texts],
    )
