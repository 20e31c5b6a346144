"""What a text is about: one of a taxonomy's categories, or None when the model is not sure enough to say.

One column a category, and one named `OTHER` for talk that is about nothing (greetings, thanks, chat). Confidence is a
softmax of the scores, its temperature and the threshold of "unknown" both chosen on texts held out of training.
"""

import re
from math import exp

from nlp.features import grams
from nlp.linear import LinearModel, Row
from nlp.normalise import shown
from scrm.model.analysis import Evidence

OTHER = "-"
_EVIDENCE = 3

# What people say before and after what they mean. Every repeat is bounded.
_OPENING = re.compile(
    r"(?:(?:你好|您好|哈喽|hello|hi|嗨|在吗|在么|在不在|亲亲|亲|客服|老板|有人吗|打扰一下|打扰了|麻烦问一下|麻烦问下|请问一下|请问下|请问|"
    r"咨询一下|想咨询下|想问一下|想问下|问一下|问下|我想|那个)[,，。.!?~、 啊呀哈]{0,4}){1,6}"
)
_CLOSING = re.compile(
    r"[,，。.!?~、… ]{0,4}(?:谢谢你?您?|谢啦|多谢|感谢|麻烦了|辛苦了|呢亲|哦亲|亲|哈|急)?[啦哈哦呢,，。.!?~、… ]{0,4}$"
)
_FACES = re.compile("[\ue100-\uf8ff\U0001f000-\U0001faff\u2600-\u27bf]+")


def row(text: str, cost: float = 1.0) -> Row:
    """What the learner sees of a normalised text."""
    return Row(grams=tuple(sorted(grams(matter(text)))), cost=cost)


def matter(text: str) -> str:
    """A normalised text in small letters without greeting, thanks and faces; all of it when there is nothing else."""
    low = text.lower()
    bare = _FACES.sub("", low)
    opening = _OPENING.match(bare)
    if opening:
        bare = bare[opening.end() :]
    bare = _CLOSING.sub("", bare[-40:]) if len(bare) <= 40 else bare[:-40] + _CLOSING.sub("", bare[-40:])
    return bare or low


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
    raised = [exp(min(50.0, slope * score)) for score in model.scores(grams(matter(text)))]
    total = sum(raised)
    return {code: value / total for code, value in zip(model.names, raised, strict=True)}


def evidence(model: LinearModel, words: list[str], code: str) -> tuple[Evidence, ...]:
    """The words of a text that spoke loudest for `code`. weight: positive, comparable within one text only."""
    column = model.names.index(code)
    spoke: dict[str, float] = {}
    for word in dict.fromkeys(words[:60]):
        weight = sum(model.weight(column, gram) for gram in grams(word.lower()))
        if weight > 0:
            spoke[word] = weight
    best = sorted(spoke.items(), key=lambda item: (-item[1], item[0]))[:_EVIDENCE]
    return tuple(Evidence(text=shown(word), weight=round(weight, 3), speaks_for=code) for word, weight in best)
