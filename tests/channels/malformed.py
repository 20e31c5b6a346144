"""Bodies that no platform sends, made from those that it does: each a way of being malformed that has a name.

`malformed`: nobody could read a message in it. `doubtful`: a message may be read in it all the same, a sound one.
JSON, XML and mail, by what the body begins with.
"""

import base64
import gzip
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from msgspec.structs import replace

from scrm.ports.channel import VerifiedRequest
from tests.channels.conformance import NOW, Arrived, Kit

# What the sample's customer says: where it is, a text is.
MARK = "MARK"
# Halves of characters, written out and as bytes; a null byte.
ODD = (b"\\ud800", b"\\ude00\\ud83d", b"\\u0000", b"\xed\xa0\x80")
BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><xml>&b;&b;</xml>'
FILE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml>&a;</xml>'


# A body, and how another comes by the same way.
Sample = tuple[bytes, Callable[[bytes], Arrived]]


@dataclass(frozen=True)
class Malformed:
    name: str
    request: Arrived


def malformed(kit: Kit) -> Iterator[Malformed]:
    for number, (body, arrived) in enumerate(_samples(kit)):
        ways = {**_noise(body), **WAYS[_form(body)](body)}
        for name, changed in ways.items():
            yield Malformed(f"{name}{' pushed' if number else ''}", arrived(changed))


def doubtful(kit: Kit) -> Iterator[Arrived]:
    samples = [*_samples(kit), *((body, kit.arrived) for body in kit.corpus), *_fetched(kit)]
    for body, arrived in samples:
        odd = [
            body.replace(MARK.encode(), text) for text in (b"\\ud800", b"\\ude00\\ud83d", b"\\u0000", b"\xed\xa0\x80")
        ]
        around = [b"\xef\xbb\xbf" + body, b"\r\n " + body, body + b"\r\n "]
        for changed in (*odd, *around, *PLACES[_form(body)](body)):
            yield arrived(changed)


def _fetched(kit: Kit) -> Iterator[Sample]:
    """Of what is fetched beside pushes, everything that a customer may do."""
    for case in kit.accepted:
        if kit.pushes and isinstance(case.request, VerifiedRequest):
            yield case.request.body, partial(_instead, case.request)


def _instead(request: VerifiedRequest, body: bytes) -> VerifiedRequest:
    return replace(request, body=body, dedupe_key=f"{request.dedupe_key} {hash(body)}")


def _form(body: bytes) -> str:
    return {b"{": "json", b"<": "xml"}.get(body[:1], "mail")


def _samples(kit: Kit) -> Iterator[Sample]:
    """A customer's text as the platform gives it, and how another body comes by the same way. Where messages are
    fetched when the platform says that there are some, that as well."""
    said = kit.says(kit.customer, MARK, NOW, 1)
    body = kit.verified(said).body
    if isinstance(said, VerifiedRequest) and kit.pushes:
        yield body, partial(_instead, said)
        yield kit.corpus[0], kit.arrived
    else:
        yield body, kit.arrived


def _noise(body: bytes) -> dict[str, bytes]:
    return {
        "empty": b"",
        "blank": b" \r\n\t",
        "null bytes": bytes(64),
        "every byte": bytes(range(256)),
        "nothing in JSON": b"null",
        "a number": b"5",
        "a word": b'"hello"',
        "a list": b"[1, 2]",
        "a list of nothing": b"[]",
        "an object of nothing": b"{}",
        "an object of another shape": b'{"hello": {"world": [1]}}',
        "an element of nothing": b"<xml></xml>",
        "an element of another shape": b"<xml><Hello><World>1</World></Hello></xml>",
        "a page": b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>",
        "a form": b"payload=%7B%22hello%22%3A1%7D",
        "entities upon entities": BOMB,
        "a file of ours": FILE,
        "lists without end": b"[" * 60_000,
        "objects without end": b'{"a":' * 10_000,
        "elements without end": b"<a>" * 20_000,
        "a number without end": b"9" * 60_000,
        "packed": gzip.compress(body, mtime=0),
        "in another alphabet": body.decode().encode("utf-16"),
        "in base64": base64.b64encode(body),
        "backwards": body[::-1],
    }


def _json(body: bytes) -> dict[str, bytes]:
    tree = json.loads(body)
    text = body.decode()
    return {
        "cut in the middle": body[: len(body) // 2],
        "without its last byte": body[:-1],
        "without its first byte": body[1:],
        "in a list": b"[" + body + b"]",
        "twice": body * 2,
        "with something behind": body + b"x",
        "a comma too many": body[:-1] + b",}",
        "single quotes": body.replace(b'"', b"'"),
        "names without quotes": re.sub(r'"(\w+)":', r"\1:", text).encode(),
        "a remark": body[:-1] + b"/* remark */}",
        "a control character": _said(body, b"a\x01b"),
        "a null byte": _said(body, b"a\x00b"),
        "not UTF-8": _said(body, b"\xff"),
        "half an escape": _said(body, b"\\u12"),
        "no number": body[:-1] + b', "more": NaN}',
        "names in capitals": json.dumps(_renamed(tree, str.swapcase)).encode(),
        "every value nothing": json.dumps(dict.fromkeys(tree)).encode(),
        "every value a number": json.dumps(dict.fromkeys(tree, 7)).encode(),
        "every value a list": json.dumps({name: [[value]] for name, value in tree.items()}).encode(),
        "every name twice": body[:-1] + "".join(f", {json.dumps(name)}: null" for name in tree).encode() + b"}",
    }


def _xml(body: bytes) -> dict[str, bytes]:
    end = body.rindex(b"</")
    return {
        "cut in the middle": body[: len(body) // 2],
        "without its last byte": body[:-1],
        "without its first byte": body[1:],
        "in a list": b"[" + body + b"]",
        "twice": body * 2,
        "with something behind": body + b"x",
        "an end that is another's": body[:end] + b"</lmx>",
        "no end": body[:end],
        "a null byte": body[:end] + b"<A>\x00</A>" + body[end:],
        "a control character": body[:end] + b"<A>&#1;</A>" + body[end:],
        "not UTF-8": body[:end] + b"<A>\xff</A>" + body[end:],
        "half a character": body[:end] + b"<A>&#xD800;</A>" + body[end:],
        "an entity nobody declared": body[:end] + b"<A>&a;</A>" + body[end:],
        "text that does not end": body[:end] + b"<![CDATA[" + body[end:],
        "a document type": b"<!DOCTYPE xml>" + body,
        "everything twice": body[:end] + body[body.index(b">") + 1 :],
        "every value nothing": re.sub(rb">[^<>]+<|<!\[CDATA\[.*?\]\]>", b"><", body),
    }


def _mail(body: bytes) -> dict[str, bytes]:
    head, _, rest = body.partition(b"\r\n\r\n")
    sender = re.compile(rb"^From:.*$", re.MULTILINE)
    froms = {
        "nobody wrote": b"",
        "an empty sender": b"From:",
        "a sender without an address": b"From: somebody",
        "a sender of blanks": b"From:  <  >",
        "a group of nobody": b"From: undisclosed-recipients:;",
        "an address of one half": b"From: <@example.com>",
        "an address without its place": b"From: <wang@>",
        "an address without end": b"From: <" + b"a" * 5_000 + b"@example.com>",
        "a sender of bytes": b"From: " + bytes(range(128, 256)),
        "brackets without end": b"From: " + b"(" * 5_000,
    }
    return {
        "only its text": rest,
        "a blank line before it": b"\r\n" + body,
        "colons lost": head.replace(b":", b" ") + b"\r\n\r\n" + rest,
        **{name: sender.sub(lambda _, line=line: line, head) + b"\r\n\r\n" + rest for name, line in froms.items()},
    }


WAYS: dict[str, Callable[[bytes], dict[str, bytes]]] = {"json": _json, "xml": _xml, "mail": _mail}


def _said(body: bytes, text: bytes) -> bytes:
    return body.replace(MARK.encode(), text)


def _renamed(tree: Any, name: Callable[[str], str]) -> Any:
    if isinstance(tree, dict):
        return {name(key): _renamed(value, name) for key, value in tree.items()}
    return [_renamed(value, name) for value in tree] if isinstance(tree, list) else tree


# JSON as it is written: what Python cannot hold (a number of a thousand digits) can be put anywhere.
WRONG = [
    "null", "true", "-7", "1" + "0" * 400, '""', '"x\\u0000"', '"' + "x" * 5_000 + '"', "[]", '["x"]', "{}",
    '{"\\u0000$.": {"a.b": "c"}}', "[" * 50 + "]" * 50,
]  # fmt: skip


def _misplaced(body: bytes) -> Iterator[bytes]:
    """Something wrong in every place, of all there is every other thing in turn."""
    tree = json.loads(body)
    for at, hole in enumerate(_holes(tree)):
        written = json.dumps(hole, ensure_ascii=False)
        for wrong in WRONG[at % 2 :: 2]:
            yield written.replace('"<hole>"', wrong).encode()


def _holes(tree: Any) -> Iterator[Any]:
    """The tree with a hole in each of its places, and with one more place in each of its objects."""
    if isinstance(tree, dict):
        for name in tree:
            yield {**tree, name: "<hole>"}
            for inner in _holes(tree[name]):
                yield {**tree, name: inner}
        yield {**tree, "never\u0000heard.of$": "<hole>"}
    elif isinstance(tree, list):
        for at, value in enumerate(tree):
            yield [*tree[:at], "<hole>", *tree[at + 1 :]]
            for inner in _holes(value):
                yield [*tree[:at], inner, *tree[at + 1 :]]


def _miswritten(body: bytes) -> Iterator[bytes]:
    """The same of XML: each element lost, emptied, filled, doubled, nested, renamed."""
    for found in re.finditer(rb"<(\w+)>(?:(?!<\1>).)*?</\1>", body, re.DOTALL):
        name, before, after = found[1], body[: found.start()], body[found.end() :]
        inside = found[0][len(name) + 2 : -len(name) - 3]
        fillings = (b"", b" ", b"-1", b"9" * 400, b"x" * 5_000, b"<a>1</a>", b"../../etc/passwd", b"\xed\xa0\x80")
        yield from (before + b"<%b>%b</%b>" % (name, filling, name) + after for filling in fillings)
        yield before + after
        yield before + found[0] * 2 + after
        yield before + b"<a>" * 6 + inside + b"</a>" * 6 + after


def _rewritten(body: bytes) -> Iterator[bytes]:
    """The same of a mail's head."""
    head, _, rest = body.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    for at, line in enumerate(lines):
        name = line.partition(b":")[0]
        for value in (b"", b" ", b"<", b'"', b"\x00", b"\xff" * 50, b"=?utf-8?B?!!!?=", b"x" * 5_000, b"1;" * 500):
            yield b"\r\n".join([*lines[:at], name + b": " + value, *lines[at + 1 :]]) + b"\r\n\r\n" + rest
        yield b"\r\n".join([*lines[:at], *lines[at + 1 :]]) + b"\r\n\r\n" + rest
        yield b"\r\n".join([*lines, line]) + b"\r\n\r\n" + rest


PLACES: dict[str, Callable[[bytes], Iterator[bytes]]] = {"json": _misplaced, "xml": _miswritten, "mail": _rewritten}
