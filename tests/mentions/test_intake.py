"""Rows come in one by one, each address once, and what repeats a story joins it."""

from dashboards.monitor.mentions import near
from dashboards.monitor.mentions.intake import Intake
from nlp.terms import SearchCutter
from scrm.clock import ManualClock
from scrm.model.mentions import MentionKind
from scrm.ports.mentions import Draft
from scrm.ports.stores import Stores
from tests.mentions import make
from tests.mentions.make import NOW, ZONE

TEXT = "蓝鲸充电宝在充电时严重发热，表面温度达到六十度，商家拒绝退货，已向12315投诉。"
OTHER = "蓝鲸充电宝发布新款，快充一百瓦，价格不变，门店可以体验。"
FOLD = SearchCutter().fold


def intake(stores: Stores) -> Intake:
    return Intake(stores, ManualClock(NOW), ZONE, FOLD)


async def test_each_row_is_new_known_or_refused_by_itself(stores: Stores) -> None:
    rows = [
        Draft(line=1, url="https://m.weibo.cn/1?utm_source=x", text="<p>发热</p>", published_at="1小时前", reach=-5),
        Draft(line=2, url="http://weibo.com/1/", text="another text"),
        Draft(line=3, url="javascript:alert(1)", text="x"),
        Draft(line=4, url="https://a.example/2", text="<script>x</script>"),
        Draft(line=5, text="no address"),
        Draft(line=6, external_id="k9", text="an id will do", published_at="2099-01-01"),
        Draft(line=7, site="小红书", text="a platform will do", author="甲"),
        Draft(line=8, url="https://a.example/3", external_id="c1", text="first", kind=MentionKind.COMMENT),
        Draft(line=9, url="https://a.example/3", external_id="c2", text="second", kind=MentionKind.COMMENT),
    ]
    report = await intake(stores).take(rows)
    assert [(row.line, row.state, row.reason) for row in report.rows] == [
        (1, "new", ""), (2, "known", ""), (3, "refused", "bad_address"), (4, "refused", "no_text"),
        (5, "refused", "no_address"), (6, "new", ""), (7, "new", ""), (8, "new", ""), (9, "new", ""),
    ]  # fmt: skip
    first, *_, undated = [await stores.mentions.get(row.id) for row in report.rows[:6] if row.id]
    assert first is not None and undated is not None
    assert (first.text, first.site, first.dated, first.reach) == ("发热", "weibo.com", True, None)
    assert (undated.dated, undated.published_at) == (False, NOW)
    again = await intake(stores).take(rows)
    assert (again.new, again.known, again.refused) == (0, 6, 3)


async def test_reposts_join_the_story_they_repeat(stores: Stores) -> None:
    source = make.source()
    first = Draft(url="https://weibo.com/1/a", external_id="501", text=TEXT, published_at="5小时前")
    report = await intake(stores).take([first], source)
    [origin] = report.rows
    traditional = TEXT.replace("严重发热", "嚴重發熱").replace("，", "!")
    rest = [
        Draft(url="https://weibo.com/2/b", text=f"太过分了//@小王:转发微博//@蓝鲸用户：{TEXT}", published_at="4小时前"),
        Draft(url="https://news.example/3", text=traditional, published_at="3小时前"),
        Draft(url="https://weibo.com/4/d", text="求个说法", repost_of="https://weibo.com/1/a", published_at="2小时前"),
        Draft(url="https://weibo.com/5/e", text=OTHER, published_at="1小时前"),
    ]  # fmt: skip
    told = await intake(stores).take(rest, source)
    found = [await stores.mentions.get(row.id) for row in told.rows if row.id]
    assert [each.story_id == origin.id for each in found if each] == [True, True, True, False]
    assert [each.repost for each in found if each] == [True, True, True, False]
    assert found[0] is not None and found[0].chain == ("小王", "蓝鲸用户")
    assert await stores.mentions.story_sizes([origin.id]) == {origin.id: 4}  # type: ignore[list-item]


async def test_a_batch_sorts_itself_into_stories(stores: Stores) -> None:
    rows = [
        Draft(line=place, url=f"https://a.example/{place}", text=f"{TEXT} {place}", published_at=f"{place}小时前")
        for place in range(1, 6)
    ]
    await intake(stores).take(rows)
    found = await stores.mentions.pending(10)
    oldest = min(found, key=lambda each: each.published_at)
    assert {each.story_id for each in found} == {oldest.id}
    assert [each.repost for each in found].count(False) == 1


def test_the_marks_of_a_chain_are_nobodys_words() -> None:
    assert near.unmarked("我的也烫！//@小王:转发微博 //@日报：充电发热").split() == ["我的也烫！", "充电发热"]
    assert near.unmarked("转发微博") == "转发微博"
    assert near.passed_on("求说法//@甲:好//@乙:") == ("求说法", ("甲", "乙"))


def test_short_texts_and_other_complaints_stay_apart() -> None:
    def alike(one: str, other: str) -> bool:
        return near.alike(near.pairs(one, FOLD), near.pairs(other, FOLD))

    assert not alike("支持！", "支持！")
    assert not alike(TEXT, "蓝鲸充电宝收到后外壳有划痕，客服说可以换货，等了三天还没有寄出，有点失望。")
    assert alike(TEXT, TEXT[:30] + "……")
