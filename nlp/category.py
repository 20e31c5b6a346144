"""What a text is about: one of a taxonomy's categories, or None when the model is not sure enough to say.

One column a category, and one named `OTHER` for talk that is about nothing (greetings, thanks, chat). Confidence is a
softmax of the scores, its temperature and the threshold of "unknown" both chosen on texts held out of training.
"""

from math import exp

from nlp.features import grams
from nlp.linear import LinearModel, Row

OTHER = "-"


def row(text: str, cost: float = 1.0) -> Row:
    """What the learner sees of a normalised text."""
    return Row(grams=tuple(sorted(grams(text.lower()))), cost=cost)


def read(model: LinearModel, text: str) -> tuple[str | None, float]:
    """(code or None, confidence 0 … 1) of `Normalised.text`. The confidence is that of the best guess either way."""
    if not text:
        return None, 0.0
    ranked = chances(model, text)
    best = max(ranked, key=lambda code: ranked[code])
    confidence = ranked[best]
    sure = best != OTHER and confidence >= model.calibration["threshold"]
    return (best if sure else None), round(confidence, 4)


def chances(model: LinearModel, text: str) -> dict[str, float]:
    """Probability of each category and of `OTHER`; sum 1."""
    slope = model.calibration["slope"]
    raised = [exp(min(50.0, slope * score)) for score in model.scores(grams(text.lower()))]
    total = sum(raised)
    return {code: value / total for code, value in zip(model.names, raised, strict=True)}
