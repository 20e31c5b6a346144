"""How well the shipped reader reads, beside snownlp, on the same rows, in one run, with 95 % intervals.

`python -m nlp.evaluate` cross-validates on the rows in the repository (everything the tested rows could have taught is
left out of training); `--data FILE` adds people's own labelled rows, from which rows seen in training are taken out.
Under what the shipped reader makes of them stands what the learner reaches when it may learn from such rows.
"""

import argparse
import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

import msgspec

from nlp import category, corpora, indomain, metrics, sentiment, tables, taxonomy, train
from nlp.linear import LinearModel
from nlp.metrics import Figure, Pair
from nlp.normalise import normalise
from nlp.peer import PeerBayes, peer_good
from nlp.pipeline import Reader
from scrm.errors import HubError, StartupError
from scrm.model.analysis import Sentiment

ROWS = 2_000
"""Rows of one file that are read, drawn once: snownlp reads 40 to 200 a second."""

_BINARY = [Sentiment.NEGATIVE.value, Sentiment.POSITIVE.value]
_REPEATS = 3
_TESTED = 2_000
_PEER_TESTED = 200
"""Rows tested a draw; the peer's interval is wider for it, but it ends the same day."""
_FOLDS = 5
_THINNED = 5

Say = Callable[[str], None]


def evaluate(
    files: Sequence[Path], *, rows: int = ROWS, out: TextIO = sys.stdout, own: bool = True, folds: bool = True
) -> None:
    """Print the table. rows: most rows of one file that the shipped reader and the peer read, 0 for all. own: also
    cross-validate on the repository's rows. folds: also teach the learner four fifths of a file and ask it the rest.

    Raises Invalid for a file that cannot be read, StartupError without the training texts.
    """

    def say(line: str) -> None:
        print(line, file=out, flush=True)

    reader = Reader()
    say(f"model {reader.model}; in brackets: 95 % interval")
    _line(say, "", "bar", "this hub", "snownlp")
    seen = _seen_texts()
    if own:
        for half in ("test", "dev"):
            _held_out(say, reader, half, seen)
        _own_moods(say)
        questions = [(question.text, question.category) for question in corpora.questions() if question.category]
        _few_examples(say, "jddc_dev.tsv, held out", questions, bars={20: 0.63, 50: 0.70}, with_seeds=True)
    for path in files:
        _file(say, reader, path, seen, rows, folds=folds)


def _line(say: Say, what: str, bar: str, mine: Figure | str, peer: Figure | str) -> None:
    """One line of the table, with a word on the bar: `within` means that the interval holds it."""
    verdict = ""
    if bar and isinstance(mine, Figure):
        sign, value = bar.split()
        met = mine.value >= float(value) if sign == ">=" else mine.value <= float(value)
        verdict = "met" if met else "within" if mine.low <= float(value) <= mine.high else "missed"
    say(f"{what:<58} {bar:>8} {verdict:<6} {mine!s:>24} {peer!s:>24}")


# --- the repository's rows --------------------------------------------------------------------------------------


def _held_out(say: Say, reader: Reader, half: str, seen: frozenset[str]) -> None:
    """Messages of many trades that no model learns from, as the shipped reader reads them."""
    found = corpora.held_out(half)
    rows = [row for row in found if normalise(row.text).text not in seen]
    name = f"heldout.tsv, {half} half"
    say(f"{name}: {len(found):,} rows, {len(found) - len(rows):,} seen in training and left out")
    mine = [(row.mood.value, reader.read(row.text).sentiment.value) for row in rows]
    peer = [(row.mood.value, _three(peer_good(row.text))) for row in rows]
    _three_classes(say, name, mine, peer)
    _as_shipped(say, reader, name, [(row.text, row.category) for row in rows if row.category in _codes()])
    idle = [category.read(reader.topic, normalise(row.text).text)[0] for row in rows if row.category == "none"]
    _line(say, "  talk about nothing left unknown", "", metrics.share(idle.count(None), len(idle)), "")


def _own_moods(say: Say) -> None:
    """Questions of jddc_dev.tsv, as labelled for this product, in folds: each read by a model that never saw it.

    Those models learn from every `_THINNED`th review only, which can but lower their figures, and end in minutes.
    """
    rows = train.mood_rows()
    texts = [question for question in corpora.questions() if question.mood is not None]
    first = len(rows.rows) - len(texts)  # mood_rows ends with them, and begins with the reviews
    reviews = len(corpora.reviews())
    fit = Reader().mood.calibration
    mine: list[Pair] = []
    for fold in range(_FOLDS):

        def taught(place: int, fold: int = fold) -> bool:
            if place < reviews:
                return place % _THINNED == 0
            return place < first or (place - first) % _FOLDS != fold

        stored = train.fit_mood(rows.pick(taught))
        model = LinearModel(msgspec.structs.replace(stored, calibration=fit))
        for place in range(fold, len(texts), _FOLDS):
            truth = texts[place].mood
            if truth is not None:
                mine.append((truth.value, _mood(model, texts[place].text)))
    peer = [(question.mood.value, _three(peer_good(question.text))) for question in texts if question.mood]
    _three_classes(say, "jddc_dev.tsv, our labels, held out", mine, peer)


def _mood(model: LinearModel, text: str) -> str:
    return sentiment.read(model, normalise(text).text, []).sentiment.value


def _few_examples(
    say: Say, name: str, rows: Sequence[tuple[str, str]], *, bars: dict[int, float], with_seeds: bool
) -> None:
    """Train on a few rows a class, test on all others; several draws."""
    by_class: dict[str, list[str]] = {}
    for text, code in rows:
        by_class.setdefault(code, []).append(text)
    codes = {code: (taxonomy.code_of(code) or code) for code in by_class}
    written = train.topic_cases(with_seeds=with_seeds)
    for size, bar in bars.items():
        usable = sorted(code for code, texts in by_class.items() if len(texts) >= size + 10)
        if len(usable) < 2:
            continue
        mine: list[Pair] = []
        peer: list[Pair] = []
        for repeat in range(_REPEATS):
            shuffler = random.Random(repeat)  # noqa: S311 -- a draw, not a secret
            drawn = {code: shuffler.sample(by_class[code], len(by_class[code])) for code in usable}
            few = [train.Case(text=text, code=codes[code]) for code in usable for text in drawn[code][:size]]
            rest = [(text, codes[code]) for code in usable for text in drawn[code][size:]]
            shuffler.shuffle(rest)
            model = LinearModel(train.fit_topic(few + written))
            mine += [(code, _best(model, text)) for text, code in rest[:_TESTED]]
            bayes = PeerBayes([(case.text, case.code) for case in few])
            peer += [(code, bayes.classify(text)) for text, code in rest[:_PEER_TESTED]]
        label = f"{name}: category, {size} a class, {len(usable)} classes"
        _line(say, f"{label}: accuracy", f">= {bar}" if bar else "", metrics.accuracy(mine), metrics.accuracy(peer))
        names = [codes[code] for code in usable]
        _line(say, f"{label}: macro-F1", "", metrics.macro_f1(mine, names), metrics.macro_f1(peer, names))


def _best(model: LinearModel, text: str) -> str:
    """The best category when "nothing" is no choice, as the peer has none either."""
    scores = zip(model.names, model.scores(set(category.row(normalise(text).text).grams)), strict=True)
    return max((item for item in scores if item[0] != category.OTHER), key=lambda item: item[1])[0]


# --- people's own rows ------------------------------------------------------------------------------------------


def _seen_texts() -> frozenset[str]:
    texts = [review.text for review in corpora.reviews()] + [opinion.text for opinion in corpora.written()]
    texts += [question.text for question in corpora.questions()] + corpora.chat()
    texts += [seed for topic in taxonomy.topics() for seed in topic.seeds]
    return frozenset(normalise(text).text for text in texts)


def _file(say: Say, reader: Reader, path: Path, seen: frozenset[str], most: int, *, folds: bool) -> None:
    found = tables.labelled(path)
    fresh = [row for row in found if normalise(row.text).text not in seen]
    random.Random(11).shuffle(fresh)  # noqa: S311 -- a draw, not a secret
    moody = [row for row in fresh if row.mood is not None][: most or None]
    say(f"{path.name}: {len(found):,} rows, {len(found) - len(fresh):,} seen in training and left out")
    if moody:
        peer = [peer_good(row.text) for row in moody]
        if any(row.mood is Sentiment.NEUTRAL for row in moody):
            mine = [(row.mood.value, reader.read(row.text).sentiment.value) for row in moody if row.mood]
            theirs = [(row.mood.value, _three(chance)) for row, chance in zip(moody, peer, strict=True) if row.mood]
            _three_classes(say, path.name, mine, theirs)
        else:
            truths = [row.mood is Sentiment.POSITIVE for row in moody]
            _two_classes(say, path.name, truths, [_good(reader, row.text) for row in moody], peer)
        if folds:
            _in_domain(say, path.name, [(row.text, row.mood) for row in fresh if row.mood is not None])
    topical = [(row.text, row.category) for row in fresh if row.category][: most or None]
    known = [(text, code) for text, name in topical if (code := taxonomy.code_of(name) or name) in _codes()]
    if len(known) > len(topical) / 2:
        _as_shipped(say, reader, path.name, known)
    if topical:
        _few_examples(say, path.name, topical, bars={20: 0, 50: 0}, with_seeds=bool(known))


def _in_domain(say: Say, name: str, rows: Sequence[tuple[str, Sentiment]]) -> None:
    """What the learner reaches that may learn from this file, beside the shipped weights, which may not."""
    told = indomain.folds(
        rows, lambda fold: print(f"{name}: own rows, fold {fold} of {indomain.FOLDS}", file=sys.stderr, flush=True)
    )
    label = f"{name}, five folds of its own rows (the learner, not the shipped weights)"
    if not told:
        return
    if any(row.truth is Sentiment.NEUTRAL for row in told):
        _three_classes(say, label, [(row.truth.value, row.guess.value) for row in told], [])
    else:
        truths = [row.truth is Sentiment.POSITIVE for row in told]
        _two_classes(say, label, truths, [row.positive for row in told], [])


def _as_shipped(say: Say, reader: Reader, name: str, known: Sequence[tuple[str, str]]) -> None:
    """known: (text, code of the shipped taxonomy)."""
    pairs = [(code, category.read(reader.topic, normalise(text).text)[0] or "") for text, code in known]
    answered = [pair for pair in pairs if pair[1]]
    say(f"{name}: {len(pairs):,} rows in the shipped categories, read as shipped")
    _line(say, "  accuracy, unknown counted as wrong", "", metrics.accuracy(pairs), "")
    _line(say, "  accuracy of the answers given", "", metrics.accuracy(answered), "")
    _line(say, "  share left unknown", "", metrics.share(len(pairs) - len(answered), len(pairs)), "")


def _codes() -> frozenset[str]:
    return frozenset(entry.code for entry in taxonomy.categories())


def _good(reader: Reader, text: str) -> float:
    """Positive as a share of positive and negative: what the reader says where neutral is no choice."""
    chances = reader.read(text).probabilities
    good, bad = chances["positive"], chances["negative"]
    return good / (good + bad) if good + bad else 0.5


def _three(chance: float) -> str:
    """snownlp knows no neutral; its undecided middle is the kindest reading."""
    return "negative" if chance < 0.4 else "positive" if chance > 0.6 else "neutral"


def _three_classes(say: Say, name: str, mine: list[Pair], peer: list[Pair]) -> None:
    """peer: of the same rows, or nothing."""
    say(f"{name}: {len(mine):,} rows in three classes")
    two = ["negative", "neutral"]
    figures: tuple[tuple[str, float, Callable[[list[Pair]], Figure]], ...] = (
        ("accuracy", 0.84, metrics.accuracy),
        ("macro-F1 of negative and neutral", 0.76, lambda pairs: metrics.macro_f1(pairs, two)),
        ("recall of neutral", 0.88, lambda pairs: metrics.recall(pairs, "neutral")),
        ("recall of negative", 0.60, lambda pairs: metrics.recall(pairs, "negative")),
        ("recall of positive", 0.0, lambda pairs: metrics.recall(pairs, "positive")),
    )
    for label, bar, figure in figures:
        _line(say, f"  {label}", f">= {bar}" if bar else "", figure(mine), figure(peer) if peer else "")


def _two_classes(say: Say, name: str, truths: list[bool], mine: list[float], peer: list[float]) -> None:
    """Chances of positive. peer: of the same rows, or nothing."""
    bars = {"waimai": 0.88, "shopping": 0.90, "hotel": 0.87}
    bar = next((f">= {value}" for word, value in bars.items() if word in name), "")
    say(f"{name}: {len(truths):,} rows in two classes")

    def f1(chances: list[float]) -> Figure:
        pairs = [(_BINARY[truth], _BINARY[chance >= 0.5]) for truth, chance in zip(truths, chances, strict=True)]
        return metrics.macro_f1(pairs, _BINARY)

    def error(chances: list[float]) -> Figure:
        return metrics.calibration_error(list(zip(chances, truths, strict=True)))

    _line(say, "  macro-F1", bar, f1(mine), f1(peer) if peer else "")
    _line(say, "  calibration error", "<= 0.07" if bar else "", error(mine), error(peer) if peer else "")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="scrm evaluate", description=__doc__)
    parser.add_argument("--data", type=Path, nargs="*", default=[], help="CSV, TSV or XLSX: text, sentiment, category")
    parser.add_argument("--rows", type=int, default=ROWS, help="most rows read of one file, 0 for all")
    parser.add_argument("--only-data", action="store_true", help="skip the rows of the repository")
    parser.add_argument("--no-folds", action="store_true", help="do not teach the learner each file's own rows")
    options = parser.parse_args(arguments)
    try:
        evaluate(options.data, rows=options.rows, own=not options.only_data, folds=not options.no_folds)
    except (HubError, StartupError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
