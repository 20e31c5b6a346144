"""Kinds of input that several endpoints share, with their bounds."""

from typing import Annotated, Literal

from msgspec import Meta

# The end of the text. `$` also matches before a last line break, and only Python knows \\Z.
_END = r"(?![\s\S])"
_PRINTABLE = r"[^\x00-\x1f\x7f]*"

# Names are shown in lists and page titles: one line, with something to see in it.
Name = Annotated[str, Meta(min_length=1, max_length=80, pattern=rf"^{_PRINTABLE}[^\s\x00-\x1f\x7f]{_PRINTABLE}{_END}")]
Line = Annotated[str, Meta(max_length=200, pattern=rf"^{_PRINTABLE}{_END}")]
LongText = Annotated[str, Meta(max_length=20_000)]
Id = Annotated[str, Meta(min_length=1, max_length=64, pattern=rf"^[0-9A-Za-z_-]+{_END}")]
# A key of a map: the store takes neither dots nor a leading dollar sign in one.
Key = Annotated[str, Meta(min_length=1, max_length=64, pattern=rf"^[^\x00-\x1f\x7f.$]+{_END}")]
Login = Annotated[str, Meta(min_length=1, max_length=64, pattern=rf"^[a-z0-9][a-z0-9._@+-]*{_END}")]
Color = Annotated[str, Meta(pattern=rf"^#[0-9a-fA-F]{{6}}{_END}")]
Day = Annotated[str, Meta(pattern=rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}{_END}")]
Locale = Literal["zh-CN", "en"]
Theme = Literal["system", "light", "dark"]
Limit = Annotated[int, Meta(ge=1, le=100)]
Cursor = Annotated[str, Meta(min_length=1, max_length=300)]
SearchText = Annotated[str, Meta(min_length=1, max_length=100)]
Position = Annotated[int, Meta(ge=0, le=2**53)]
