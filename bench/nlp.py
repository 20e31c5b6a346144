"""How fast the reader reads, loads and weighs, beside snownlp and jieba, in one run.

`python bench/nlp.py [--rounds 5]`. One message at a time, one process each, on the questions of jddc_dev.tsv; median
and spread (lowest … highest) over the rounds. Messages are counted by the second of processor time, so that a busy
machine takes little away; still, read the figures as ratios.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

_MEASURE = """
import gc, json, resource, sys, time
start = time.perf_counter()
{prepare}
ready = time.perf_counter() - start
texts = [line.split("\\t")[0] for line in open(sys.argv[1], encoding="utf-8")][1 : {count} + 1]
start = time.process_time()
for text in texts:
    {work}
took = time.process_time() - start
kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([len(texts) / took, ready, kilobytes / 1024]))
"""

_PEERS = {
    "this hub: normalise, segment, sentiment, category": (
        "from nlp import category, sentiment\n"
        "from nlp.normalise import normalise\n"
        "from nlp.segment import segment\n"
        "from nlp.pipeline import Reader\n"
        "reader = Reader()",
        "clean = normalise(text).text; sentiment.read(reader.mood, clean, segment(clean));"
        " category.read(reader.topic, clean)",
        2_000,
    ),
    "this hub: whole reading": ("from nlp.pipeline import Reader\nreader = Reader()", "reader.read(text)", 2_000),
    "snownlp: sentiment": ("from snownlp import SnowNLP\nSnowNLP('好').sentiments", "SnowNLP(text).sentiments", 300),
    "jieba: segment": ("import jieba\njieba.setLogLevel(60)\njieba.initialize()", "jieba.lcut(text)", 2_000),
}


def measure(prepare: str, work: str, count: int) -> list[float]:
    """[messages a second, seconds until ready, MB] of one fresh process."""
    script = _MEASURE.format(prepare=prepare, work=work, count=count)
    command = [sys.executable, "-W", "ignore", "-c", script, str(ROOT / "nlp" / "data" / "jddc_dev.tsv")]
    ran = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    figures: list[float] = json.loads(ran.stdout.splitlines()[-1])
    return figures


def spread(values: list[float], form: str) -> str:
    return f"{statistics.median(values):{form}} ({min(values):{form}} … {max(values):{form}})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print(f"{'':<52}{'messages/s a core':>30}{'ready, s':>24}{'RSS, MB':>24}")
    started = time.perf_counter()
    # Round by round, so that a busy minute of the machine falls on all alike.
    taken: dict[str, list[list[float]]] = {name: [] for name in _PEERS}
    for _ in range(rounds):
        for name, peer in _PEERS.items():
            taken[name].append(measure(*peer))
    for name, figures in taken.items():
        speed, ready, weight = (list(column) for column in zip(*figures, strict=True))
        print(f"{name:<52}{spread(speed, ',.0f'):>30}{spread(ready, '.2f'):>24}{spread(weight, '.0f'):>24}")
    print(f"bars: >= 3,000 messages/s, ready < 1 s, < 250 MB; {rounds} rounds in {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
