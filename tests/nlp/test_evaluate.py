"""Figures, tables of people's own rows, and the evaluation as a whole on a small file."""

import gzip
import io
import random
import zipfile
from pathlib import Path

import pytest

from nlp import indomain, metrics, tables, train
from nlp.evaluate import evaluate
from scrm.errors import Invalid
from scrm.model.analysis import Sentiment

SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    '<row><c r="A1" t="s"><v>0</v></c><c r="C1" t="inlineStr"><is><t>label</t></is></c></row>'
    '<row><c r="A2" t="s"><v>1</v></c><c r="C2"><v>1</v></c></row>'
    '<row><c r="A3" t="s"><v>2</v></c><c r="C3"><v>0</v></c></row>'
    "</sheetData></worksheet>"
)
STRINGS = (
    '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    "<si><t>text</t></si><si><t>很好</t></si><si><r><t>太</t></r><r><t>差</t></r></si></sst>"
)


def _workbook(path: Path, strings: str = STRINGS) -> Path:
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("xl/worksheets/sheet1.xml", SHEET)
        book.writestr("xl/sharedStrings.xml", strings)
    return path


def _rows(path: Path) -> list[tuple[str, Sentiment | None, str | None]]:
    return [(row.text, row.mood, row.category) for row in tables.labelled(path)]


def test_csv_tsv_gzip_gbk_and_xlsx_are_read(tmp_path: Path) -> None:
    good_bad = [("很好", Sentiment.POSITIVE, None), ("太差", Sentiment.NEGATIVE, None)]
    (tmp_path / "a.csv").write_text("label,review\n1,很好\n0,太差\n,\n", encoding="utf-8-sig")
    (tmp_path / "b.csv").write_bytes("情感,内容\n正面,很好\n负面,太差\n".encode("gb18030"))
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress("17,1,很好\n18,0,太差\n".encode()))
    (tmp_path / "d.tsv").write_text("text\tsentiment\tcategory\n什么时候发货\tneutral\t物流\n", encoding="utf-8")
    for name in ("a.csv", "b.csv", "c.csv.gz"):
        assert _rows(tmp_path / name) == good_bad, name
    (tmp_path / "f.CSV").write_bytes("text\tlabel\n很好\t1\n太差\t0\n".encode("utf-16"))
    assert _rows(tmp_path / "f.CSV") == good_bad
    assert _rows(_workbook(tmp_path / "e.xlsx")) == good_bad
    read_aloud = STRINGS.replace("</r></si>", '</r><rPh sb="0" eb="1"><t>tai cha</t></rPh></si>')
    assert _rows(_workbook(tmp_path / "g.xlsx", read_aloud)) == good_bad
    assert _rows(tmp_path / "d.tsv") == [("什么时候发货", Sentiment.NEUTRAL, "物流")]


@pytest.mark.parametrize(
    ("table", "moods"),
    [
        ("Text,Sentiment\na,Positive\nb,NEG\nc,中性\n", "+-0"),
        ("文本,情感标签\na,1\nb,-1\nc,0\n", "+-0"),
        ("text,label\na,2\nb,0\nc,1\n", "+-0"),
        ("text,stars\na,5\nb,1\nc,3\n", "+-0"),
        ("text,label\na,1.0\nb,0.0\n", "+-"),
        ("客户消息,情绪\na,满意\nb,不满\nc,???\n", "+- "),
        ("a\tpos\nb\tneg\n", "+-"),
        ("text,label\na,退款\nb,物流\n", None),
        ("label\ttext_a\n1\ta\n0\tb\n", "+-"),
        ("序号,客户说的,情感分类\n1,a,积极情绪\n2,b,消极情绪\n3,c,中性情绪\n", "+-0"),
        ("评论,评分\na,5星\nb,1星\nc,3星\n", "+-0"),
        ("text;label\na;1\nb;-1\nc;0\n", "+-0"),
        ("客服消息,会话内容,情绪\n您好,a,正向\n您好,b,负向\n您好,c,中立\n", "+-0"),
    ],
)
def test_columns_and_labels_are_known_by_many_names(tmp_path: Path, table: str, moods: str | None) -> None:
    (tmp_path / "a.csv").write_text(table, encoding="utf-8")
    rows = _rows(tmp_path / "a.csv")
    assert [text for text, _, _ in rows] == list("abc")[: len(rows)]
    if moods is None:
        assert [(mood, code) for _, mood, code in rows] == [(None, "退款"), (None, "物流")]
    else:
        signs = {Sentiment.POSITIVE: "+", Sentiment.NEGATIVE: "-", Sentiment.NEUTRAL: "0", None: " "}
        assert "".join(signs[mood] for _, mood, _ in rows) == moods


def test_files_that_cannot_be_read_say_what_to_mend(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,sentiment\n好,furious\n", encoding="utf-8")
    (tmp_path / "b.xlsx").write_bytes(b"no workbook")
    (tmp_path / "c.doc").write_bytes(b"")
    (tmp_path / "d.csv").write_bytes(b"")
    bomb = '<!DOCTYPE a [<!ENTITY b "bb">]><sst>&b;</sst>'
    _workbook(tmp_path / "e.xlsx", bomb)
    expected = {
        "a.csv": "furious",
        "b.xlsx": "workbook",
        "c.doc": "only .csv",
        "d.csv": "no rows",
        "e.xlsx": "workbook",
    }
    for name, words in expected.items():
        with pytest.raises(Invalid, match=words):
            tables.labelled(tmp_path / name)


def test_figures_on_counts_worked_by_hand() -> None:
    pairs = [("a", "a")] * 6 + [("a", "b")] * 2 + [("b", "b")] * 1 + [("b", "a")] * 1
    assert metrics.accuracy(pairs).value == pytest.approx(0.7)
    assert metrics.recall(pairs, "a").value == pytest.approx(0.75)
    assert metrics.macro_f1(pairs, ["a", "b"]).value == pytest.approx((12 / 15 + 2 / 5) / 2)
    calm = metrics.calibration_error([(0.8, True)] * 8 + [(0.8, False)] * 2)
    assert calm.value == pytest.approx(0.0, abs=1e-9)
    assert calm.low <= calm.value < calm.high  # every resample is worse
    assert metrics.calibration_error([(0.95, False)] * 10).value == pytest.approx(0.95)
    low, high = metrics.share(90, 100).low, metrics.share(90, 100).high
    assert (round(low, 3), round(high, 3)) == (0.826, 0.945)


def test_own_rows_are_judged_beside_the_peer_without_the_rows_seen_in_training(tmp_path: Path) -> None:
    pytest.importorskip("snownlp")
    path = tmp_path / "own.csv"
    rows = [("屏幕颜色很正，老婆特别喜欢这个礼物", 1), ("电池半天就没电，客服还推卸责任", 0), ("谢谢", 1)]
    path.write_text("text,label\n" + "".join(f"{text},{label}\n" for text, label in rows), encoding="utf-8")
    out = io.StringIO()
    evaluate([path], own=False, out=out)
    printed = out.getvalue()
    assert "own.csv: 3 rows, 1 seen in training and left out" in printed
    assert "own.csv: 2 rows in two classes" in printed
    (line,) = [line for line in printed.splitlines() if "macro-F1" in line]
    assert line.split()[1] == "1.000"


def _peculiar(count: int) -> list[str]:
    """Texts that share nothing with each other."""
    return ["".join(chr(0x4E00 + 6 * place + each) for each in range(6)) for place in range(count)]


def test_a_set_of_its_own_teaches_the_learner() -> None:
    words = {Sentiment.POSITIVE: "好吃", Sentiment.NEGATIVE: "难吃", Sentiment.NEUTRAL: "几点"}
    begun: list[int] = []
    plain = [(f"{text}{words[mood]}", mood) for text in _peculiar(55) for mood in Sentiment]
    told = indomain.folds(plain + plain, begun.append)
    assert begun == [1, 2, 3, 4, 5]
    assert [row.truth for row in told] == [mood for _, mood in plain]  # a text that stands there twice counts once
    assert sum(row.truth is row.guess for row in told) / len(told) > 0.95


def test_no_row_is_read_by_a_model_that_saw_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Labels that nothing in the text tells can be known only by having seen the row; a model that has, knows them."""
    drawn = random.Random(5)
    texts = ["".join(chr(0x4E00 + drawn.randrange(400)) for _ in range(8)) for _ in range(200)]
    blind = [(text, drawn.choice((Sentiment.POSITIVE, Sentiment.NEGATIVE))) for text in texts]

    def right() -> float:
        told = indomain.folds(blind, lambda _: None)
        return sum(row.truth is row.guess for row in told) / len(told)

    assert right() < 0.6
    monkeypatch.setattr(train.MoodRows, "pick", lambda rows, _: rows)
    assert right() > 0.8


def test_too_few_rows_of_a_mood_say_nothing_and_a_huge_set_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    few = [(text, Sentiment.POSITIVE) for text in _peculiar(60)] + [("难吃", Sentiment.NEGATIVE)]
    assert indomain.folds(few, lambda _: None) == []
    moods = (Sentiment.POSITIVE, Sentiment.NEGATIVE)
    many = [(text, moods[place % 2]) for place, text in enumerate(_peculiar(150))]
    monkeypatch.setattr(indomain, "MOST_CHARACTERS", 6 * 120)
    assert len(indomain.folds(many, lambda _: None)) == 120
    monkeypatch.setattr(indomain, "MOST_ROWS", 110)
    assert len(indomain.folds(many, lambda _: None)) == 110
