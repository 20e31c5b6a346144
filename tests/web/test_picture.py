"""What is kept of a picture draws the same and says nothing else; what is no picture is refused, whatever it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrm.errors import Invalid
from scrm.web.picture import MOST_SIDE, cleaned
from tests.web.pictures import SECRET, jpeg, png, points

JPEG, PNG = jpeg(), png()


@pytest.mark.parametrize(
    ("data", "media_type", "form"), [(PNG, "image/png", "png_pipe"), (JPEG, "image/jpeg", "jpeg_pipe")]
)
def test_only_the_points_are_kept(data: bytes, media_type: str, form: str) -> None:
    assert SECRET in data
    kept = cleaned(data)
    assert (kept.media_type, kept.sides) == (media_type, (64, 40))
    assert SECRET not in kept.data
    assert points(kept.data, form) == points(data, form)
    assert cleaned(kept.data) == kept


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a" + bytes(60), b"<svg onload=alert(1)>", PNG[:-60], JPEG[:300], png(8, 64), png(MOST_SIDE + 1, 64)],
    ids=["nothing", "gif", "svg", "half-png", "half-jpeg", "too-small", "too-large"],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid):
        cleaned(data)


@given(st.sampled_from((PNG, JPEG)), st.integers(0, 3_000), st.binary(max_size=8))
def test_whatever_is_sent_it_ends_and_leaks_nothing(data: bytes, at: int, put: bytes) -> None:
    at %= len(data)
    try:
        kept = cleaned(data[:at] + put + data[at + len(put) :])
    except Invalid:
        return
    assert not kept.data.endswith(SECRET)
    assert len(kept.data) < len(data) + len(put)
