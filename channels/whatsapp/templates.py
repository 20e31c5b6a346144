"""Message templates of an account: what of them agents can fill in, and messages made from them. Pure.

A template is known by its name and language, `order_update-zh_CN`, which is its id in the hub's addresses as well. Its
gaps are numbered or named, and the body's, the header's and the buttons' count apart: the hub calls a header's
`HEADER_1` and a button's `BUTTON_0` (platform names are in lower case), so that a message can be made from the texts by
gap alone. Templates that need more than text are not offered: pictures or files in the header, one-time passwords,
coupons, flows, catalogues.

Source: developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview,
… /templates/components (headers 60 characters, bodies 1,024, one gap in a button's address).
"""

import re
from collections.abc import Mapping, Sequence

from channels.meta.payloads import said
from channels.trees import Tree
from scrm.model.account import TemplateField, TemplateKind
from scrm.model.base import Record
from scrm.model.message import TemplateUse
from scrm.ports.abilities import PlatformTemplate

GAP = re.compile(r"\{\{\s*([A-Za-z0-9_]{1,60})\s*\}\}")
NAME = re.compile(r"[a-z0-9_]{1,512}")
MAX_ID = 64  # of an id in the hub's addresses
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(_[A-Za-z]{2,8})?")
HEADER_LIMIT, BODY_LIMIT, BUTTON_LIMIT = 60, 300, 200
TEXT_BUTTONS = frozenset({"QUICK_REPLY", "PHONE_NUMBER", "URL", "VOICE_CALL"})
USABLE = "APPROVED"
HEADER, BUTTON = "HEADER_", "BUTTON_"


class Listed(Record, kw_only=True):
    """A page of the account's templates. after: where the next begins, "" at the end."""

    templates: tuple[PlatformTemplate, ...]
    after: str


def read_template(item: Tree) -> PlatformTemplate | None:
    """None for one that is not in use, or needs more than text."""
    name, language = said(item, "name", 512), said(item, "language", 12)
    template_id = f"{name}-{language}"
    known = NAME.fullmatch(name) and LANGUAGE.fullmatch(language) and len(template_id) <= MAX_ID
    if not known or said(item, "status") != USABLE:
        return None
    components = item.get("components")
    if said(item, "category") == "AUTHENTICATION" or not isinstance(components, list):
        return None
    lines: list[str] = []
    fields: list[TemplateField] = []
    for component in components:
        read = _component(component) if isinstance(component, dict) else None
        if read is None:
            return None
        line, found = read
        lines.append(line)
        fields += found
    return PlatformTemplate(
        template_id=template_id,
        kind=TemplateKind.TEMPLATE,
        title=f"{name} ({language})"[:100],
        body="\n".join(filter(None, lines)),
        example=_example(components),
        fields=tuple({field.name: field for field in fields}.values()),
        titled=False,
    )


def _component(component: Tree) -> tuple[str, list[TemplateField]] | None:
    """Its text with the hub's names for its gaps, and these; None where it needs more than text."""
    kind, text = said(component, "type", 40).upper(), said(component, "text", 2000)
    if kind == "HEADER":
        if said(component, "format", 20).upper() not in ("", "TEXT"):
            return None
        return _named(text, HEADER, HEADER_LIMIT)
    if kind == "BODY":
        return _named(text, "", BODY_LIMIT)
    if kind == "FOOTER":
        return text, []
    return _buttons(component.get("buttons")) if kind == "BUTTONS" else None


def _named(text: str, prefix: str, limit: int) -> tuple[str, list[TemplateField]]:
    fields: list[TemplateField] = []
    end = 0
    for gap in GAP.finditer(text):
        before = text[end : gap.start()].splitlines()[-1:]  # on its line, after the gap before
        end = gap.end()
        label = "".join(before).strip(" ,，;；:：.。!！")[-30:]
        fields.append(TemplateField(name=prefix + gap.group(1), label=label or gap.group(1), limit=limit))
    return GAP.sub(lambda gap: f"{{{{{prefix}{gap.group(1)}}}}}", text), fields


def _buttons(buttons: object) -> tuple[str, list[TemplateField]] | None:
    lines: list[str] = []
    fields: list[TemplateField] = []
    for index, button in enumerate(buttons if isinstance(buttons, list) else ()):
        if not isinstance(button, dict) or said(button, "type", 40).upper() not in TEXT_BUTTONS:
            return None
        label, address = said(button, "text", 60), said(button, "url", 2000)
        if GAP.search(address):
            fields.append(TemplateField(name=f"{BUTTON}{index}", label=label, limit=BUTTON_LIMIT))
            address = GAP.sub(f"{{{{{BUTTON}{index}}}}}", address)
        lines.append(f"[{label}] {address}".rstrip())
    return "\n".join(lines), fields


def _example(components: Sequence[object]) -> str:
    """The body as the account's owner filled it in for the platform's review."""
    bodies = [each for each in components if isinstance(each, dict) and said(each, "type", 40).upper() == "BODY"]
    if not bodies:
        return ""
    example = bodies[0].get("example")
    given = _given(example) if isinstance(example, dict) else {}
    return GAP.sub(lambda gap: given.get(gap.group(1), gap.group(0)), said(bodies[0], "text", 2000))


def _given(example: Mapping[str, object]) -> dict[str, str]:
    rows, named = example.get("body_text"), example.get("body_text_named_params")
    if isinstance(rows, list) and rows and isinstance(rows[0], list):
        return {str(number): value[:200] for number, value in enumerate(rows[0], 1) if isinstance(value, str)}
    if isinstance(named, list):
        return {said(each, "param_name", 60): said(each, "example", 200) for each in named if isinstance(each, dict)}
    return {}


def message_of(use: TemplateUse) -> dict[str, object]:
    """The `template` of a message. Fields are in the order of the template's gaps."""
    name, _, language = use.template_id.rpartition("-")
    header = {key.removeprefix(HEADER): text for key, text in use.fields.items() if key.startswith(HEADER)}
    buttons = {key.removeprefix(BUTTON): text for key, text in use.fields.items() if key.startswith(BUTTON)}
    body = {key: text for key, text in use.fields.items() if not key.startswith((HEADER, BUTTON))}
    components: list[dict[str, object]] = []
    if header:
        components.append({"type": "header", "parameters": _parameters(header)})
    if body:
        components.append({"type": "body", "parameters": _parameters(body)})
    components += [
        {"type": "button", "sub_type": "url", "index": index, "parameters": [{"type": "text", "text": plain(text)}]}
        for index, text in sorted(buttons.items())
    ]
    return {"name": name, "language": {"code": language}, **({"components": components} if components else {})}


def _parameters(gaps: Mapping[str, str]) -> list[dict[str, str]]:
    """Numbered ones by their number, named ones with their name."""
    if all(name.isascii() and name.isdigit() for name in gaps):
        return [{"type": "text", "text": plain(gaps[name])} for name in sorted(gaps, key=int)]
    return [{"type": "text", "parameter_name": name, "text": plain(text)} for name, text in gaps.items()]


def plain(text: str) -> str:
    """The platform takes no line ends, no tabs and no five spaces in a row."""
    return re.sub(r" {5,}", "    ", re.sub(r"[\r\n\t]+", " ", text)).strip() or "-"
