"""Messages as they are written: whatever is said comes out as it was said, and nothing written stops the reader."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.satori import contents
from channels.satori.elements import MAX_DEPTH, MAX_ELEMENTS, Element, Node, Text, escape, parse, tag
from scrm.model.message import ContentType

pieces = st.sampled_from(
    ["<b>", "</b>", "<i", ">", "<br/>", '<at id="1"/>', "<img src='x'/>", "<!--", "-->", "&lt;", "&#38;", "&#xD800;",
     "\n", " ", "文", "<quote>", "</quote>", '"', "<p>", "</p>", "<a href=\"", "/>", "&", "<kook:x y>"]
)  # fmt: skip


def text_of(nodes: tuple[Node, ...]) -> str:
    return "".join(node.text if isinstance(node, Text) else text_of(node.children) for node in nodes)


def depth_of(nodes: tuple[Node, ...]) -> int:
    return 1 + max((depth_of(node.children) for node in nodes if isinstance(node, Element)), default=0)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60))
@settings(deadline=None)
def test_a_text_comes_out_as_it_went_in(text: str) -> None:
    assert text_of(parse(escape(text))) == text
    [element] = parse(tag("at", id=text or "x"))
    assert isinstance(element, Element)
    assert element.attributes == {"id": text or "x"}


@given(st.lists(pieces, max_size=40).map("".join))
@settings(deadline=None)
def test_whatever_is_written_is_read(written: str) -> None:
    nodes = parse(written)
    assert depth_of(nodes) <= MAX_DEPTH + 2
    content = contents.read(written, "1")
    assert len(content.media) <= contents.MAX_MEDIA
    assert content.type is not ContentType.UNKNOWN or not content.text.strip()


@pytest.mark.parametrize(
    "written",
    [
        "<b>" * 20_000, "</b>" * 15_000, "<b></i>" * 9_000, "<!--" * 15_000, "--><!--" * 9_000, "<a b='" * 10_000,
        '<a b="' * 10_000, "<a " + "b " * 30_000, "<" * 60_000, " " * 60_000 + "x", "\n" * 60_000, "&" * 60_000,
        "<a" + " b=''" * 12_000 + ">", '<img src="x"/>' * 4_000, "<p>" * 1_900 + "</p>" * 1_900,
    ],
    ids=lambda written: written[:12].strip() or "blanks",
)  # fmt: skip
def test_a_long_message_takes_as_long_as_it_is(written: str) -> None:
    """In the square of its length any of these would take minutes."""
    content = contents.read(written, "1")
    assert len(content.media) <= contents.MAX_MEDIA
    assert depth_of(parse(written)) <= MAX_DEPTH + 2


def test_too_many_elements_are_text() -> None:
    nodes = parse("<b/>" * (MAX_ELEMENTS + 1))
    assert sum(isinstance(node, Element) for node in nodes) == MAX_ELEMENTS
    assert text_of(nodes) == "<b/>"


@pytest.mark.parametrize(
    "written, text",
    [
        ("<tag>\n  <foo> bar\n  <!-- comment -->\n</tag>", "<foo> bar"),
        ("a<b>c", "a<b>c"),
        ("a</b>c", "a</b>c"),
        ("<b>x<i>y</b>z</i>", "x<i>yz</i>"),
        ("1 < 2 && 3 > 2", "1 < 2 && 3 > 2"),
        ("&lt;b&gt;&amp;lt;&quot;&#39;&#x27;", "<b>&lt;\"''"),
        ("&#0;&#xD800;&#99999999;&foo;", "&#0;&#xD800;&#99999999;&foo;"),
        ("<B>x</b>", "x"),
        ("a <b>b</b> c", "a b c"),
        ("<br>x", "x"),
    ],
)
def test_what_does_not_pair_is_text(written: str, text: str) -> None:
    assert text_of(parse(written)) == text


def test_attributes_with_and_without_values() -> None:
    [element] = parse("""<message forward id='1' title="a &quot;b&quot; > c" kook:size = "lg"/>""")
    assert element == Element(
        name="message", attributes={"forward": "", "id": "1", "title": 'a "b" > c', "kook:size": "lg"}
    )
