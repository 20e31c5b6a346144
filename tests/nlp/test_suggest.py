"""The answers given to the most similar questions come first, each once, and the index stays as large as it may be."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nlp.suggest import Index, answer_key, features
from scrm.clock import ManualClock
from scrm.ids import CannedReplyId, ConversationId, MessageId
from scrm.model.answers import Answer, SuggestionSource
from scrm.model.people import CannedReply

NOW = ManualClock().now()


def answer(number: int, question: str, text: str, **fields: Any) -> Answer:
    base: dict[str, Any] = {
        "id": MessageId(f"m{number}"),
        "conversation_id": ConversationId(f"c{number}"),
        "at": NOW + timedelta(minutes=number),
        "learned_at": NOW,
    }
    return Answer(question=question, text=text, **(base | fields))


def canned(number: int, title: str, content: str, category: str | None = None) -> CannedReply:
    return CannedReply(
        id=CannedReplyId(f"r{number}"),
        shortcut=f"s{number}",
        title=title,
        content=content,
        category=category,
        updated_at=NOW,
    )


HISTORY = [
    answer(1, "退货运费谁出", "质量问题运费我们承担"),
    answer(2, "退货的运费是谁来出啊", "质量问题，运费我们承担。"),
    answer(3, "什么时候发货", "今天下午发出"),
    answer(4, "发货了吗", "已经发出啦"),
    answer(5, "可以开发票吗", "可以开电子发票"),
]


def filled() -> Index:
    index = Index()
    index.add(HISTORY)
    return index


def test_like_words_about_another_category_come_after() -> None:
    index = Index()
    index.add(
        [
            answer(1, "多久能到", "三天内送到您手上", category="logistics"),
            answer(2, "多久能到账", "退款三个工作日到账", category="refund"),
            answer(3, "多久能到呢", "一般都很快的呢", category=None),
        ]
    )
    asked = "多久能到"
    assert index.search(asked, [])[0].text == "三天内送到您手上"
    assert index.search(asked, [], category="logistics")[0].text == "三天内送到您手上"
    texts = [each.text for each in index.search(asked, [], category="refund")]
    assert texts.index("一般都很快的呢") < texts.index("三天内送到您手上")


def test_the_answer_to_the_most_similar_question_comes_first() -> None:
    first, *_ = filled().search("请问退货时运费由谁承担？", [])
    assert first.source is SuggestionSource.HISTORY
    assert (first.count, first.conversation_id) == (2, "c1")
    assert first.text.startswith("质量问题")
    assert 0 < first.score <= 1


def test_the_same_answer_is_there_once_whatever_its_blanks_and_stops() -> None:
    assert answer_key("质量问题，运费 我们承担。") == answer_key("质量问题运费我们承担")
    texts = [each.text for each in filled().search("退货运费谁出", [], limit=10)]
    assert sum("运费" in text for text in texts) == 1


def test_a_prepared_reply_that_was_used_is_shown_as_such() -> None:
    prepared = canned(1, "运费", "质量问题运费我们承担")
    first, *_ = filled().search("退货运费谁出", [prepared])
    assert (first.source, first.canned_id, first.count) == (SuggestionSource.CANNED, "r1", 2)
    assert first.text == prepared.content


def test_prepared_replies_come_by_their_words_or_their_category() -> None:
    prepared = [
        canned(1, "保修政策", "全国联保一年"),
        canned(2, "问候", "您好", "presale"),
        canned(3, "别的", "无关内容"),
    ]
    found = Index().search("保修多久", prepared, category="presale")
    assert [each.canned_id for each in found] == ["r1", "r2"]


def test_nothing_is_suggested_to_what_nobody_asked() -> None:
    assert filled().search("", []) == []
    assert filled().search("👍👍", []) == []
    assert filled().search("hello", []) == []


def test_placeholders_do_not_make_questions_similar() -> None:
    assert features("⟨手机号⟩") == features("{{contact.name}}") == frozenset()


def test_an_answer_learned_again_takes_the_old_ones_place_and_the_oldest_go() -> None:
    index = filled()
    index.add([answer(3, "几点发货", "明天发出")])
    assert len(index) == 5
    assert index.search("几点发货", [])[0].text == "明天发出"
    index.keep(2)
    assert len(index) == 2
    assert [each.text for each in index.search("退货运费谁出", [])] == []
    assert index.search("发票", [])[0].text == "可以开电子发票"
    index.keep(0)
    assert not index._postings


@given(
    st.lists(
        st.tuples(st.text("退换货运费发票谁出", max_size=8), st.text("甲乙丙", min_size=1, max_size=3)), max_size=20
    )
)
def test_any_history_gives_bounded_distinct_suggestions(rows: list[tuple[str, str]]) -> None:
    index = Index()
    index.add([answer(number, question, text) for number, (question, text) in enumerate(rows)])
    found = index.search("退货运费谁出", [])
    assert len(found) <= 3
    assert len({answer_key(each.text) for each in found}) == len(found)
    assert all(0 <= each.score <= 1 and each.count >= 1 for each in found)
