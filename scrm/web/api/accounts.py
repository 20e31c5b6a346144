"""Accounts on platforms, beside messages: QR codes and who scanned them, the menu, tags, templates, and the message
from a template that reaches a customer while the reply window is closed."""

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from scrm.errors import Conflict, NotFound
from scrm.ids import ChannelId, ConversationId, LabelId, QrCodeId, TeamId
from scrm.model.account import AccountMenu, MenuAction, MenuButton, MessageTemplate, QrCode, ScanCounts
from scrm.model.base import Record
from scrm.model.message import Message
from scrm.model.people import Role
from scrm.ports.abilities import PlatformTag
from scrm.ports.accounts import Offer
from scrm.ports.stores import Page
from scrm.web import cursor
from scrm.web.assemble import VIEWS
from scrm.web.endpoint import Answer, AnyCall, Call, Endpoint, Input, Items, Nothing
from scrm.web.fields import Cursor, Id, Limit, Line, Name
from scrm.web.views import ContactBrief

_TAG = "accounts"
_Text = Annotated[str, msgspec.Meta(max_length=1_024)]


class QrCodeView(Record, kw_only=True):
    """counts: of its scans; the list of scans is behind each."""

    code: QrCode
    counts: ScanCounts


class ScanView(Record, kw_only=True):
    """followed: the scan made the customer follow the account. first: the hub had never heard of the customer."""

    contact: ContactBrief | None
    conversation_id: ConversationId
    followed: bool
    first: bool
    at: datetime


class NewQrCode(Input, kw_only=True):
    """lasts: seconds, null for ever. team_id, label_ids: given to whoever scans it."""

    name: Name
    scene: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    lasts: Annotated[int, msgspec.Meta(ge=1, le=2_592_000)] | None = None
    team_id: Id | None = None
    label_ids: Annotated[tuple[Id, ...], msgspec.Meta(max_length=20)] = ()


class QrCodePatch(Input, kw_only=True):
    """label_ids: all of them, not those to add."""

    name: Name | UnsetType = UNSET
    team_id: Id | UnsetType | None = UNSET
    label_ids: Annotated[tuple[Id, ...], msgspec.Meta(max_length=20)] | UnsetType = UNSET


class PageQuery(Input, kw_only=True):
    limit: Limit = 30
    after: Cursor | None = None


class SubButtonInput(Input, kw_only=True):
    name: Line
    type: Annotated[str, msgspec.Meta(max_length=40)] = ""
    key: _Text = ""
    url: Annotated[str, msgspec.Meta(max_length=2_048)] = ""
    app_id: Line = ""
    page_path: _Text = ""
    media_id: _Text = ""


class ButtonInput(SubButtonInput, kw_only=True):
    children: Annotated[tuple[SubButtonInput, ...], msgspec.Meta(max_length=10)] = ()


class ActionInput(Input, kw_only=True):
    key: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    opens: bool = False
    team_id: Id | None = None
    answer: Annotated[str, msgspec.Meta(max_length=2_000)] = ""


class MenuInput(Input, kw_only=True):
    """The whole menu, and what its keys do here."""

    buttons: Annotated[tuple[ButtonInput, ...], msgspec.Meta(max_length=10)] = ()
    actions: Annotated[tuple[ActionInput, ...], msgspec.Meta(max_length=50)] = ()


class ShownMenu(Record, kw_only=True):
    """What the platform shows now."""

    buttons: tuple[MenuButton, ...]


class TagsView(Record, kw_only=True):
    """links: tag id by label id. tags: of the platform; null where only the links were asked for."""

    links: dict[LabelId, str]
    tags: tuple[PlatformTag, ...] | None = None


class LinkInput(Input, kw_only=True):
    """label_id: link it to the tag of its name. tag_id: link it to the label of its name. What is missing is made."""

    label_id: Id | None = None
    tag_id: Id | None = None


class TemplatePatch(Input, kw_only=True):
    """mapping: text by field; in it {customer}, {message}, {agent}, {number}, {time} and {workspace} are filled in.
    automatic: a text reply that finds the reply window closed or used up goes as this template, by itself; only while
    `enabled`, with every field filled and {message} in one, and then no other of its kind."""

    enabled: bool | UnsetType = UNSET
    automatic: bool | UnsetType = UNSET
    mapping: (
        Annotated[dict[Id, Annotated[str, msgspec.Meta(max_length=200)]], msgspec.Meta(max_length=30)] | UnsetType
    ) = UNSET
    url: _Text | UnsetType = UNSET


class NewNotice(Input, kw_only=True):
    """fields: text by field of the template, every one. client_id: the writer's own, as of a message."""

    client_id: Id
    template_id: Id
    fields: Annotated[dict[Id, Annotated[str, msgspec.Meta(max_length=500)]], msgspec.Meta(max_length=30)]


# QR codes


async def list_qr_codes(call: Call[Nothing, Nothing]) -> Items[QrCodeView]:
    channel_id, accounts = await _channel(call), call.context.stores.accounts
    counts = await accounts.scan_counts(channel_id)
    codes = await accounts.qr_codes(channel_id)
    return Items(items=[QrCodeView(code=code, counts=counts.get(code.id, ScanCounts())) for code in codes])


async def add_qr_code(call: Call[Nothing, NewQrCode]) -> QrCode:
    body = call.body
    return await call.context.hub.accounts.make_qr_code(
        await _channel(call),
        name=body.name,
        scene=body.scene,
        lasts=None if body.lasts is None else timedelta(seconds=body.lasts),
        team_id=TeamId(body.team_id) if body.team_id else None,
        label_ids=[LabelId(label) for label in body.label_ids],
    )


async def change_qr_code(call: Call[Nothing, QrCodePatch]) -> QrCode:
    body, code = call.body, await _code(call)
    team_id = code.team_id if isinstance(body.team_id, UnsetType) else (TeamId(body.team_id) if body.team_id else None)
    labels = (
        code.label_ids if isinstance(body.label_ids, UnsetType) else tuple(LabelId(each) for each in body.label_ids)
    )
    return await call.context.hub.accounts.change_qr_code(
        code.id,
        name=code.name if isinstance(body.name, UnsetType) else body.name,
        team_id=team_id,
        label_ids=labels,
    )


async def delete_qr_code(call: Call[Nothing, Nothing]) -> None:
    """The hub forgets it; a permanent code goes on working on the platform, which cannot take one back."""
    code = await _code(call)
    await call.context.stores.accounts.delete_qr(code.id)
    await call.context.stores.blobs.delete(code.picture_id)


async def list_scans(call: Call[PageQuery, Nothing]) -> Items[ScanView]:
    code, stores = await _code(call), call.context.stores
    found = await stores.accounts.scans(code.id, after=cursor.decode(call.query.after), limit=call.query.limit + 1)
    scans, following = cursor.cut(found, call.query.limit, lambda scan: Page(at=scan.at, id=scan.id))
    # A contact that was joined to another is found by its conversation.
    conversations = await stores.conversations.get_many({scan.conversation_id for scan in scans})
    briefs = await call.request.app[VIEWS].contact_briefs.get({each.contact_id for each in conversations.values()})
    items = [
        ScanView(
            contact=briefs[conversation.contact_id]
            if (conversation := conversations.get(scan.conversation_id))
            else None,
            conversation_id=scan.conversation_id,
            followed=scan.followed,
            first=scan.first,
            at=scan.at,
        )
        for scan in scans
    ]
    return Items(items=items, next=following)


async def _code(call: AnyCall) -> QrCode:
    code = await call.context.stores.accounts.qr_code(QrCodeId(call.id()))
    if code is None:
        raise NotFound("there is no such QR code")
    return code


# The menu


async def get_menu(call: Call[Nothing, Nothing]) -> AccountMenu:
    return await call.context.hub.accounts.menu(await _channel(call))


async def save_menu(call: Call[Nothing, MenuInput]) -> AccountMenu:
    buttons = [msgspec.convert(msgspec.to_builtins(button), MenuButton) for button in call.body.buttons]
    actions = [msgspec.convert(msgspec.to_builtins(action), MenuAction) for action in call.body.actions]
    return await call.context.hub.accounts.save_menu(await _channel(call), buttons=buttons, actions=actions)


async def fetch_menu(call: Call[Nothing, Nothing]) -> ShownMenu:
    return ShownMenu(buttons=await call.context.hub.accounts.fetch_menu(await _channel(call)))


async def publish_menu(call: Call[Nothing, Nothing]) -> AccountMenu:
    return await call.context.hub.accounts.publish_menu(await _channel(call))


async def delete_menu(call: Call[Nothing, Nothing]) -> AccountMenu:
    return await call.context.hub.accounts.delete_menu(await _channel(call))


# Tags


async def list_tags(call: Call[Nothing, Nothing]) -> TagsView:
    links, tags = await call.context.hub.accounts.tags(await _channel(call))
    return TagsView(links=links.links, tags=tags)


async def link_tag(call: Call[Nothing, LinkInput]) -> TagsView:
    body, accounts = call.body, call.context.hub.accounts
    channel_id = await _channel(call)
    if body.label_id and not body.tag_id:
        links = await accounts.link_label(channel_id, LabelId(body.label_id))
    elif body.tag_id and not body.label_id:
        links = await accounts.import_tag(channel_id, body.tag_id)
    else:
        raise Conflict("Give a label or a tag.")
    return TagsView(links=links.links)


async def unlink_tag(call: Call[Nothing, Nothing]) -> TagsView:
    links = await call.context.hub.accounts.unlink_label(await _channel(call), LabelId(call.id("label_id")))
    return TagsView(links=links.links)


# Templates


async def list_templates(call: Call[Nothing, Nothing]) -> Items[MessageTemplate]:
    return Items(items=await call.context.stores.accounts.templates(await _channel(call)))


async def fetch_templates(call: Call[Nothing, Nothing]) -> Items[MessageTemplate]:
    return Items(items=await call.context.hub.accounts.fetch_templates(await _channel(call)))


async def change_template(call: Call[Nothing, TemplatePatch]) -> MessageTemplate:
    body, channel_id, template_id = call.body, await _channel(call), call.id("template_id")
    template = await call.context.stores.accounts.template(channel_id, template_id)
    if template is None:
        raise NotFound("there is no such template")
    enabled = template.enabled if isinstance(body.enabled, UnsetType) else body.enabled
    return await call.context.hub.accounts.change_template(
        channel_id,
        template_id,
        enabled=enabled,
        # What is taken out of use goes by itself no more, and nobody has to say so.
        automatic=template.automatic and enabled if isinstance(body.automatic, UnsetType) else body.automatic,
        mapping=template.mapping if isinstance(body.mapping, UnsetType) else dict(body.mapping),
        url=template.url if isinstance(body.url, UnsetType) else body.url.strip(),
    )


async def list_offers(call: Call[Nothing, Nothing]) -> Items[Offer]:
    return Items(items=await call.context.hub.accounts.offers(ConversationId(call.id())))


async def notify(call: Call[Nothing, NewNotice]) -> Answer[Message]:
    message, created = await call.context.hub.accounts.notify(
        ConversationId(call.id()),
        author=call.who.author,
        client_id=call.body.client_id,
        template_id=call.body.template_id,
        fields=dict(call.body.fields),
    )
    return Answer(message, 201 if created else 200)


async def _channel(call: AnyCall) -> ChannelId:
    channel = await call.context.stores.channels.get(ChannelId(call.id()))
    if channel is None:
        raise NotFound("there is no such channel")
    return channel.id


ENDPOINTS = (
    Endpoint(
        method="GET", path="/channels/{id}/qr-codes", handler=list_qr_codes, role=Role.SUPERVISOR,
        returns=Items[QrCodeView], summary="QR codes of a channel, newest first, with their scans counted", tag=_TAG,
    ),
    Endpoint(
        method="POST", path="/channels/{id}/qr-codes", handler=add_qr_code, role=Role.ADMIN, body=NewQrCode,
        returns=QrCode, statuses=(201,), summary="Have the platform make a QR code", tag=_TAG,
    ),
    Endpoint(
        method="PATCH", path="/qr-codes/{id}", handler=change_qr_code, role=Role.ADMIN, body=QrCodePatch,
        returns=QrCode, summary="Rename a QR code, or change what it gives", tag=_TAG,
    ),
    Endpoint(
        method="DELETE", path="/qr-codes/{id}", handler=delete_qr_code, role=Role.ADMIN, statuses=(204,),
        summary="Forget a QR code", tag=_TAG,
    ),
    Endpoint(
        method="GET", path="/qr-codes/{id}/scans", handler=list_scans, role=Role.SUPERVISOR, query=PageQuery,
        returns=Items[ScanView], summary="Who scanned a QR code, newest first", tag=_TAG,
    ),
    Endpoint(
        method="GET", path="/channels/{id}/menu", handler=get_menu, role=Role.ADMIN, returns=AccountMenu,
        summary="The channel's menu as the hub has it", tag=_TAG,
    ),
    Endpoint(
        method="PATCH", path="/channels/{id}/menu", handler=save_menu, role=Role.ADMIN, body=MenuInput,
        returns=AccountMenu, summary="Save the menu; what its keys do is in force at once", tag=_TAG,
    ),
    Endpoint(
        method="GET", path="/channels/{id}/menu/shown", handler=fetch_menu, role=Role.ADMIN, returns=ShownMenu,
        summary="The menu that the platform shows now", tag=_TAG,
    ),
    Endpoint(
        method="POST", path="/channels/{id}/menu/publish", handler=publish_menu, role=Role.ADMIN, returns=AccountMenu,
        summary="Have the platform show the saved menu", tag=_TAG,
    ),
    Endpoint(
        method="DELETE", path="/channels/{id}/menu", handler=delete_menu, role=Role.ADMIN, returns=AccountMenu,
        summary="Take the menu off the platform; the hub keeps it", tag=_TAG,
    ),
    Endpoint(
        method="GET", path="/channels/{id}/tags", handler=list_tags, role=Role.ADMIN, returns=TagsView,
        summary="The platform's tags, and the labels linked to them", tag=_TAG,
    ),
    Endpoint(
        method="POST", path="/channels/{id}/tags", handler=link_tag, role=Role.ADMIN, body=LinkInput,
        returns=TagsView, summary="Keep a label and a tag the same from now on", tag=_TAG,
    ),
    Endpoint(
        method="DELETE", path="/channels/{id}/tags/{label_id}", handler=unlink_tag, role=Role.ADMIN, returns=TagsView,
        summary="Let a label and its tag go their own ways", tag=_TAG,
    ),
    Endpoint(
        method="GET", path="/channels/{id}/templates", handler=list_templates, role=Role.ADMIN,
        returns=Items[MessageTemplate], summary="Message templates as the hub has them", tag=_TAG,
    ),
    Endpoint(
        method="POST", path="/channels/{id}/templates/fetch", handler=fetch_templates, role=Role.ADMIN,
        returns=Items[MessageTemplate], summary="Message templates as the platform has them now", tag=_TAG,
    ),
    Endpoint(
        method="PATCH", path="/channels/{id}/templates/{template_id}", handler=change_template, role=Role.ADMIN,
        body=TemplatePatch, returns=MessageTemplate, summary="Offer a template to agents, and how it is filled",
        tag=_TAG,
    ),
    Endpoint(
        method="GET", path="/conversations/{id}/offers", handler=list_offers, returns=Items[Offer],
        summary="Templates that reach the customer while the reply window is closed", tag=_TAG,
    ),
    Endpoint(
        method="POST", path="/conversations/{id}/notices", handler=notify, body=NewNotice, returns=Message,
        statuses=(201, 200), summary="Send the customer a message made from a template", tag=_TAG,
    ),
)  # fmt: skip
