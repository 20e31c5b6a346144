"""What the platforms post to a server: fields as XML, with everything a customer may write in them."""

from collections.abc import Mapping, Sequence

from scrm.model.base import Record

Field = str | int | Mapping[str, "Field"] | Sequence["Field"]


class Push(Record, kw_only=True):
    """A request on its way; every retry is this very one."""

    query: dict[str, str]
    body: bytes
    media_type: str


def xml(fields: Mapping[str, Field]) -> bytes:
    return f"<xml>{''.join(element(name, value) for name, value in fields.items())}</xml>".encode()


def element(name: str, value: Field) -> str:
    if isinstance(value, str):
        # What would end the section is cut in two sections.
        return f"<{name}><![CDATA[{_allowed(value).replace(']]>', ']]]]><![CDATA[>')}]]></{name}>"
    if isinstance(value, int):
        return f"<{name}>{value}</{name}>"
    if isinstance(value, Mapping):
        return f"<{name}>{''.join(element(key, inner) for key, inner in value.items())}</{name}>"
    return "".join(element(name, inner) for inner in value)


def _allowed(text: str) -> str:
    """XML has no control characters but tab and line ends."""
    return "".join(character for character in text if character >= " " or character in "\t\n\r")
