"""Records survive the way into BSON and back, whatever customers put into them."""

from typing import Any

import bson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from scrm.model.analysis import Analysis, Sentiment
from scrm.model.base import Record
from scrm.model.conversation import Grant, ReplyWindow
from scrm.storage.codec import CODEC_OPTIONS, Codec, escape, text, unescape
from tests.storage import records


def through_bson(record: Any) -> Any:
    codec: Codec[Any] = Codec(type(record))
    encoded = bson.encode(codec.encode(record), codec_options=CODEC_OPTIONS)
    return codec.decode(bson.decode(encoded, codec_options=CODEC_OPTIONS))


ANALYSIS = Analysis(
    model="m1", sentiment=Sentiment.NEGATIVE, score=-0.5, probabilities={"negative": 1.0}, keywords=("退款",)
)
WINDOW = ReplyWindow(
    unlimited=False, grants=(Grant(trigger="text", opened_at=records.at(0), expires_at=records.at(9), allowed=None),)
)


@pytest.mark.parametrize(
    "record",
    [
        records.entry(body=bytes(range(256)), facts={"format": "xml"}),
        records.channel(settings={}),
        records.contact(labels=("l1",), subscribed=False),
        records.identity(records.contact()),
        records.conversation(window=WINDOW, labels=("l1", "l2")),
        records.message(analysis=ANALYSIS, external_ids=("1", "2"), rank=1.5),
        records.outbox_entry(external_ids=("x",)),
        records.task(data={"a": "b"}),
        records.agent(team_ids=("g1",)),
        records.session(),
        records.api_token(),
        records.event(message_id="m1", sentiment="negative"),
    ],
    ids=lambda record: type(record).__name__,
)
def test_a_record_comes_back_as_it_was(record: Record) -> None:
    assert through_bson(record) == record


def test_empty_fields_are_left_out_and_required_ones_kept() -> None:
    assert "labels" not in Codec(type(records.contact())).encode(records.contact())
    assert Codec(type(records.channel())).encode(records.channel(settings={}))["settings"] == {}


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4), st.text(max_size=30))
def test_no_text_of_a_customer_makes_a_write_fail(details: dict[str, str], content: str) -> None:
    stored = through_bson(records.message(details=details, content=content))
    assert stored.content == text(content)
    assert stored.details == {text(key): text(value) for key, value in details.items()}


@settings(deadline=None)
@given(st.text(alphabet="%.$\0aE24é"))
def test_keys_are_escaped_without_loss(key: str) -> None:
    assert unescape(escape(key)) == key
    assert not set(escape(key)) & set(".$\0")


def test_a_lone_surrogate_becomes_the_replacement_character() -> None:
    assert through_bson(replace(records.message(), content="a\ud83d b")).content == "a\ufffd b"
    assert text("\ud83d\ude00") == "😀"
