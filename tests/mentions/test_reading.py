"""Feeds, page lists, JSON, HTML and times as the world writes them, and as nobody should."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboards.monitor.mentions import addresses, feeds, listed, moments, plain, rows
from nlp import sheet
from scrm.errors import Invalid
from scrm.model.mentions import Mapping, MentionKind
from tests.mentions.make import NOW, ZONE

MANY = settings(max_examples=60, deadline=None)
BASE = "https://rsshub.example/weibo/keyword/x"
RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>微博</title>
<item><title>充电发热 &amp; 客服</title><link>/1/abc</link>
<guid isPermaLink="false">42</guid><dc:creator>小王</dc:creator>
<pubDate>Fri, 20 Nov 2026 09:30:00 +0800</pubDate><description>short</description>
<content:encoded><![CDATA[<p>充电宝<b>发热</b><img alt="[怒]"
src="http://x/y.png"><script>alert(1)</script></p><p>第二段</p>]]></content:encoded></item>
<item><title></title><description></description></item>
<item><description>只有正文</description><guid>https://a.example/2</guid></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>tag:1</id><title>标题</title>
<link rel="self" href="https://a.example/self"/><link href="https://a.example/1"/><author><name>作者</name></author>
<updated>2026-11-20T01:00:00Z</updated><summary type="html">&lt;p&gt;说明&lt;/p&gt;</summary></entry></feed>"""


def test_rss_with_html_gives_plain_text() -> None:
    first, second = feeds.drafts(RSS.encode(), BASE)
    assert (first.url, first.external_id) == ("https://rsshub.example/1/abc", "42")
    assert (first.title, first.author) == ("充电发热 & 客服", "小王")
    assert first.text == "充电宝发热[怒]\n第二段"
    assert moments.read(first.published_at, NOW, ZONE) == datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
    assert (second.url, second.text) == ("https://a.example/2", "只有正文")


def test_atom_and_json_feed_and_a_chinese_encoding() -> None:
    [entry] = feeds.drafts(ATOM.encode(), BASE)
    assert (entry.url, entry.title, entry.text, entry.author) == ("https://a.example/1", "标题", "说明", "作者")
    body = '{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": 7, "url": "https://a.example/7",'
    body += (
        '"content_html": "<p>好</p>", "authors": [{"name": "甲"}], "date_published": "2026-11-19T08:00:00+08:00"}, 3]}'
    )
    [item] = feeds.drafts(body.encode(), BASE)
    assert (item.external_id, item.url, item.text, item.author) == ("7", "https://a.example/7", "好", "甲")
    declared = RSS.replace("UTF-8", "GB2312").encode("gb18030")
    assert [draft.text for draft in feeds.drafts(declared, BASE)] == ["充电宝发热[怒]\n第二段", "只有正文"]


def test_what_is_no_feed_is_refused_in_words() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "lol"><!ENTITY c "&b;&b;">]><rss><item><title>&c;</title></item></rss>'
    deep = "<rss>" * 5_000
    for body, word in ((bomb, "entities"), (deep, "nest"), ("hello", "XML"), ('{"a": 1}', "JSON Feed"), ("{", "JSON")):
        with pytest.raises(feeds.Unreadable, match=word):
            feeds.drafts(body.encode(), BASE)
    cut = RSS.encode()[: RSS.encode().index(b"<item><title></title>") + 20]
    assert [draft.external_id for draft in feeds.drafts(cut, BASE)] == ["42"]
    many = "<rss>" + "<item><title>t</title></item>" * 3_000 + "</rss>"
    assert len(feeds.drafts(many.encode(), BASE)) == feeds.MOST_ENTRIES


@MANY
@given(st.binary(max_size=400))
def test_no_bytes_break_a_reader(body: bytes) -> None:
    for read in (
        lambda: feeds.drafts(body, BASE),
        lambda: listed.pages(body),
        lambda: listed.mapped(body, Mapping(items="a", text="b")),
    ):
        try:
            read()
        except feeds.Unreadable as error:
            assert str(error)
    listed.page(body, "text/html; charset=gbk", listed.Listed(url="https://a.example/"))


@MANY
@given(st.text(max_size=300))
def test_no_text_breaks_a_reader(text: str) -> None:
    told = plain.text_of(f"<div>{text}</div>")
    assert len(told) <= plain.MOST_TEXT and not plain._UNSEEN.search(told.replace("\n", ""))
    found = moments.read(text, NOW, ZONE)
    assert found is None or found <= NOW
    once = addresses.canonical(text)
    assert once is None or addresses.canonical(once) == once


def test_a_page_list_and_its_pages() -> None:
    body = "<urlset><url><loc> https://a.example/x </loc><lastmod>2026-11-19</lastmod></url><url/></urlset>"
    [one] = listed.pages(body.encode())
    assert (one.url, one.changed, one.nested) == ("https://a.example/x", "2026-11-19", False)
    index = "<sitemapindex><sitemap><loc>https://a.example/s.xml</loc></sitemap></sitemapindex>"
    assert listed.pages(index.encode())[0].nested
    page = '<html><head><meta charset="gb2312"><title>新品</title><style>x{}</style></head><body><nav>菜单</nav>'
    page += "<p>正文在此，内容不少。</p></body></html>"
    draft = listed.page(page.encode("gb18030"), "text/html", one)
    assert draft is not None
    assert (draft.title, draft.text, draft.published_at) == ("新品", "正文在此，内容不少。", "2026-11-19")


def test_an_endpoint_by_its_mapping() -> None:
    """Weibo's search answer: cards, some of which hold a post."""
    body = (
        '{"data":{"cards":[{"card_type":9,"mblog":{"id":"501","bid":"PAb","text":"发热<br />退货",'
        '"created_at":"Fri Nov 20 09:00:00 +0800 2026","user":{"id":9,"screen_name":"小李","followers_count":"1.2万"},'
        '"retweeted_status":{"id":"400"}}},{"card_type":11},{"mblog":{"text":""}}]}}'
    )
    mapping = Mapping(
        items="data.cards[].mblog", url="https://weibo.com/{user.id}/{bid}", id="id", text="text",
        author="user.screen_name", reach="user.followers_count", published_at="created_at",
        repost_of="retweeted_status.id",
    )  # fmt: skip
    [draft] = listed.mapped(body.encode(), mapping)
    assert (draft.url, draft.external_id, draft.text) == ("https://weibo.com/9/PAb", "501", "发热\n退货")
    assert (draft.author, draft.reach, draft.repost_of) == ("小李", 12_000, "400")
    assert moments.read(draft.published_at, NOW, ZONE) == datetime(2026, 11, 20, 1, tzinfo=UTC)
    assert listed.mapped(b'{"data":{"cards":[]}}', mapping) == []
    with pytest.raises(feeds.Unreadable, match=r"data.cards\[\].mblog"):
        listed.mapped(b'{"ok":0,"msg":"login"}', mapping)


@pytest.mark.parametrize(
    ("written", "hours_ago"),
    [
        ("刚刚", 0), ("30分钟前", 0.5), ("2小时前", 2), ("昨天 10:00", 24), ("2026-11-20 09:00", 1), ("1795136400", 1),
        ("1795136400000", 1), ("11-20 09:00", 1), ("2026年11月20日 9:00", 1), ("2026-11-20T01:00:00Z", 1),
    ],
)  # fmt: skip
def test_times_as_platforms_write_them(written: str, hours_ago: float) -> None:
    found = moments.read(written, NOW, ZONE)
    assert found is not None
    assert (NOW - found).total_seconds() == hours_ago * 3600


def test_a_wrong_clock_is_not_believed() -> None:
    assert moments.read("2026-11-20 10:05", NOW, ZONE) == NOW  # a little ahead is now
    for written in ("2031-01-01", "1970-01-01", "yesterday", "", "99-99", "0001-01-01T00:00:00+14:00"):
        assert moments.read(written, NOW, ZONE) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://m.weibo.cn/detail/5?from=x&utm_source=a", "http://weibo.com/detail/5/"),
        ("HTTPS://Www.Example.com:443/a?b=2&a=1#top", "https://www.example.com/a?a=1&b=2"),
    ],
)
def test_one_page_has_one_address(one: str, other: str) -> None:
    assert addresses.canonical(one) == addresses.canonical(other) is not None


def test_what_is_no_address() -> None:
    for url in ("javascript:alert(1)", "//a", "https://", "https://user:pw@a.example/", "https://a b", "file:///etc"):
        assert addresses.canonical(url) is None


def test_a_table_of_mixed_encodings_and_broken_rows() -> None:
    lines = [
        "标题,正文,链接,发布时间,阅读量,类型".encode(),
        "一,充电发热,https://a.example/1,2026-11-20 08:00,1.2万,微博".encode(),
        "二,物流很慢,https://a.example/2,2026/11/20,,新闻".encode("gb18030"),
        b"\xff\xfe\xff,x,,,,",
        "四,多,https://a.example/4,,,评论,太多,格子".encode(),
        b"",
    ]
    table = sheet.cells("导出.csv", b"\r\n".join(lines))
    assert table.encoding == "utf-8 + gb18030"
    found, refused = rows.drafts(table)
    assert [(draft.line, draft.title, draft.text, draft.kind) for draft in found] == [
        (2, "一", "充电发热", MentionKind.POST), (3, "二", "物流很慢", MentionKind.ARTICLE),
    ]  # fmt: skip
    assert found[0].reach == 12_000
    assert [(row.line, row.reason) for row in refused] == [(4, "bad_encoding"), (5, "bad_row")]
    with pytest.raises(Invalid, match="正文"):
        rows.drafts(sheet.cells("a.csv", b"a,b\n1,2\n"))


def test_a_link_that_is_no_address_costs_no_other_entry() -> None:
    items = "".join(f"<item><title>{link}</title><link>{link}</link></item>" for link in ("http://[x", "/1"))
    assert [draft.title for draft in feeds.drafts(f"<rss>{items}</rss>".encode(), BASE)] == ["http://[x", "/1"]
    found = feeds.drafts(b'{"items": [{"title": "a", "url": "http://[x"}, {"title": "b", "url": "/b"}]}', BASE)
    assert [draft.title for draft in found] == ["a", "b"]


def test_comments_without_an_end_take_no_time() -> None:
    """They took minutes of a processor: the parser looked for the end from each of them."""
    assert plain.text_of("<p>发热</p>" + "<!--" * 100_000).startswith("发热")
    assert plain.text_of("<p>发<!-- > <b>x</b> -->热<!-->了<!-- -- --></p>") == "发热了"
