"""Slack's markup: what is written comes back as it was, and what is read is what people see."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.slack.mrkdwn import escape, read

characters = st.text(alphabet=st.sampled_from("<>&@#!|:;alt mpgUC1^你😀\n*_"), max_size=60) | st.text(max_size=60)


@given(characters)
def test_what_is_escaped_is_read_as_it_was(text: str) -> None:
    """And nothing that an agent or a customer writes becomes a mention or a link."""
    found = read(escape(text))
    assert (found.text, found.mentions, found.links) == (text, frozenset(), ())


@given(characters, characters)
def test_markup_between_texts_leaves_the_texts_alone(before: str, after: str) -> None:
    found = read(f"{escape(before)}<@U024BE7LH|李雷>{escape(after)}")
    assert found.text == f"{before}@李雷{after}"
    assert found.mentions == {"U024BE7LH"}


@given(characters)
def test_anything_can_be_read(source: str) -> None:
    assert isinstance(read(source, own="U1").text, str)


@pytest.mark.parametrize(
    "source, text",
    [
        ("<https://a.example/x|https://a.example/x>", "https://a.example/x"),
        ("<https://a.example/?a=1&amp;b=2|看 &lt;这里&gt;>", "看 <这里> (https://a.example/?a=1&b=2)"),
        ("<!channel>", "@channel"),
        ("<!subteam^S024>", "@S024"),
        ("<!everyone|所有人>", "@所有人"),
        ("<!date^1392734382^{date_short}|二月十八日>", "二月十八日"),
        ("<#C024BE7LR>", "#C024BE7LR"),
        ("&amp;lt;", "&lt;"),
        ("<>", ""),
        ("1 < 2", "1 < 2"),
        ("<|", "<|"),
    ],
)
def test_as_people_see_it(source: str, text: str) -> None:
    assert read(source).text == text


def test_reading_takes_time_in_proportion() -> None:
    began = time.process_time()
    for source in ("<" * 40_000, "<a" * 20_000, "&" * 40_000, ":a" * 20_000, "<@U1>" * 8000, "<!date^" * 6000 + ">"):
        read(source, emoji={"a": "b"})
    assert time.process_time() - began < 5
