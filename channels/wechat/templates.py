"""Templates of an account and messages made from them. Raises only SendError.

Sources: developers.weixin.qq.com/doc/offiaccount/ — Message_Management/Template_Message_Interface.html (25 templates,
`client_msg_id` makes a repetition harmless for ten minutes), Subscription_Messages/api.html (`bizsend`, one message a
consent) and Subscription_Messages/intro.html; characters a field takes: the table of parameter types in the mini
program's subscribe-message documentation, which both share.
"""

import re
from collections.abc import Mapping, Sequence

from channels.wx.api import TokenApi
from channels.wx.transport import Answer
from scrm.errors import SendError, SendErrorCode
from scrm.model.account import TemplateField, TemplateKind
from scrm.model.message import TemplateUse
from scrm.ports.abilities import PlatformTemplate

PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]{0,40})\.DATA\s*\}\}")
# By the type in a subscribe template's field name, `thing1`.
LIMITS: dict[str, int] = {
    "thing": 20,
    "number": 32,
    "letter": 32,
    "symbol": 5,
    "character_string": 32,
    "time": 64,
    "date": 64,
    "amount": 32,
    "phone_number": 17,
    "car_number": 8,
    "name": 20,
    "phrase": 5,
    "const": 20,
}
TEMPLATE_LIMIT = 200
MAX_TEMPLATES = 200
# 25 templates with examples are some tens of kilobytes.
LIST_ANSWER = 512 * 1024
LASTING = 3


async def fetch(api: TokenApi) -> Sequence[PlatformTemplate]:
    """Both kinds. An account that may use only one of them is refused the other, which is no error."""
    found: list[PlatformTemplate] = []
    refused: SendError | None = None
    answered = False
    for path, name, read in (
        ("/cgi-bin/template/get_all_private_template", "template_list", _private),
        ("/wxaapi/newtmpl/gettemplate", "data", _subscribe),
    ):
        try:
            answer = await api.get(path, limit=LIST_ANSWER)
        except SendError as error:
            if error.code is not SendErrorCode.NOT_PERMITTED:
                raise
            refused = error
            continue
        answered = True
        items = answer.get(name)
        for item in items[:MAX_TEMPLATES] if isinstance(items, list) else ():
            template = read(item) if isinstance(item, dict) else None
            if template is not None:
                found.append(template)
    if not answered and refused is not None:
        raise refused
    return found


async def send(api: TokenApi, openid: str, use: TemplateUse, message_id: str) -> Answer:
    """message_id: the hub's, so that the platform recognises the same message."""
    body: dict[str, object] = {
        "touser": openid,
        "template_id": use.template_id,
        "data": {name: {"value": value} for name, value in use.fields.items()},
    }
    if use.kind == TemplateKind.SUBSCRIBE:
        if use.url:
            body["page"] = use.url
        return await api.post("/cgi-bin/message/subscribe/bizsend", body, delivers=True)
    if use.url:
        body["url"] = use.url
    body["client_msg_id"] = message_id[:32]
    return await api.post("/cgi-bin/message/template/send", body, delivers=True)


def _private(item: Mapping[str, object]) -> PlatformTemplate | None:
    return _template(item, "template_id", TemplateKind.TEMPLATE, lasting=False)


def _subscribe(item: Mapping[str, object]) -> PlatformTemplate | None:
    return _template(item, "priTmplId", TemplateKind.SUBSCRIBE, lasting=item.get("type") == LASTING)


def _template(
    item: Mapping[str, object], id_name: str, kind: TemplateKind, *, lasting: bool
) -> PlatformTemplate | None:
    template_id, body = _said(item, id_name, 64), _said(item, "content", 2000)
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,64}", template_id):
        return None
    return PlatformTemplate(
        template_id=template_id,
        kind=kind,
        title=_said(item, "title", 100) or template_id,
        body=PLACEHOLDER.sub(r"{{\1}}", body),
        example=_said(item, "example", 2000),
        fields=fields_of(body, kind),
        lasting=lasting,
    )


def fields_of(body: str, kind: TemplateKind) -> tuple[TemplateField, ...]:
    """The gaps of a template in their order, each with the words before it on its line."""
    found: dict[str, TemplateField] = {}
    for line in body.splitlines():
        before = 0
        for gap in PLACEHOLDER.finditer(line):
            name = gap.group(1)
            label = line[before : gap.start()].strip().rstrip(":：").strip()
            before = gap.end()
            limit = LIMITS.get(name.rstrip("0123456789"), TEMPLATE_LIMIT)
            if kind is TemplateKind.TEMPLATE and name in ("first", "remark"):
                limit = TEMPLATE_LIMIT
            found.setdefault(name, TemplateField(name=name, label=label or name, limit=limit))
    return tuple(found.values())


def _said(item: Mapping[str, object], name: str, most: int) -> str:
    value = item.get(name)
    return value[:most] if isinstance(value, str) else ""
