"""Channels: their settings, and whether the platform accepts them. Secrets go in and never come out."""

from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from scrm.errors import Conflict, Invalid, NotFound
from scrm.ids import ChannelId, ConversationId
from scrm.model.channel import Channel, ChannelState
from scrm.model.exchange import Exchange
from scrm.model.message import Author, AuthorType, MessageStatus
from scrm.model.people import Role
from scrm.web.assemble import VIEWS, channel_view
from scrm.web.endpoint import AnyCall, Call, Endpoint, Input, Items, Nothing
from scrm.web.fields import Key, Name
from scrm.web.views import ChannelView, CheckView, TestView

Settings = Annotated[dict[Key, Annotated[str, msgspec.Meta(max_length=4_096)]], msgspec.Meta(max_length=50)]


class NewChannel(Input, kw_only=True):
    type: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    name: Name
    settings: Settings = {}


class ChannelPatch(Input, kw_only=True):
    """settings: only the given ones change; an empty secret stays as it is, another empty one is taken away."""

    name: Name | UnsetType = UNSET
    settings: Settings | UnsetType = UNSET
    state: ChannelState | UnsetType = UNSET


class NewTest(Input, kw_only=True):
    conversation_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    content: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


TEST_PATIENCE, TEST_LOOK_SECONDS = 10.0, 0.2
_UNDECIDED = frozenset({MessageStatus.QUEUED, MessageStatus.SENDING})


async def list_channels(call: Call[Nothing, Nothing]) -> Items[ChannelView]:
    channels = await call.context.stores.channels.all()
    types = call.context.channel_types
    return Items(items=[channel_view(channel, types, with_settings=True) for channel in channels])


async def get_channel(call: Call[Nothing, Nothing]) -> ChannelView:
    return _view(call, await _existing(call))


async def add_channel(call: Call[Nothing, NewChannel]) -> ChannelView:
    body, context = call.body, call.context
    if context.channel_types.get(body.type) is None:
        known = ", ".join(each.type for each in context.channel_types.all())
        raise Invalid(f"there is no such channel type; there are: {known}", field="type")
    now = context.clock.now()
    channel = Channel(
        id=ChannelId(context.ids()),
        type=body.type,
        name=body.name,
        settings=context.channel_types.normalise_settings(body.type, body.settings),
        created_at=now,
        updated_at=now,
    )
    await context.stores.channels.insert(channel)
    await _tell(call, channel)
    return _view(call, channel)


async def change_channel(call: Call[Nothing, ChannelPatch]) -> ChannelView:
    body, context = call.body, call.context

    async def work() -> Channel:
        channel = await _existing(call)
        settings = channel.settings
        channel_type = context.channel_types.get(channel.type)
        if isinstance(body.settings, dict):
            if channel_type is None:
                raise Conflict("this version of the hub does not know the channel's type")
            secret = channel_type.secret_settings
            given = {name: value for name, value in body.settings.items() if value or name not in secret}
            settings = context.channel_types.normalise_settings(channel.type, {**settings, **given})
        fresh = msgspec.structs.replace(
            channel,
            name=channel.name if isinstance(body.name, UnsetType) else body.name,
            state=channel.state if isinstance(body.state, UnsetType) else body.state,
            settings=settings,
            updated_at=context.clock.now(),
        )
        await context.stores.channels.save(fresh)
        return fresh

    channel = await context.stores.transaction(work)
    await _tell(call, channel)
    return _view(call, channel)


async def delete_channel(call: Call[Nothing, Nothing]) -> None:
    """Its conversations stay. One that still receives has to be paused first, so that nobody deletes it by a slip."""
    channel, stores = await _existing(call), call.context.stores
    if channel.state is not ChannelState.PAUSED and await stores.conversations.count_of_channel(channel.id):
        raise Conflict("this channel has conversations; pause it before deleting it")
    await stores.channels.delete(channel.id)
    call.request.app[VIEWS].channel_names.forget()
    await call.context.hub.channel_changed(channel.id)


async def check_channel(call: Call[Nothing, Nothing]) -> CheckView:
    ok, detail = await call.context.hub.check_channel(await _existing(call))
    return CheckView(ok=ok, detail=detail)


async def list_exchanges(call: Call[Nothing, Nothing]) -> Items[Exchange]:
    """The last things that went between the hub and the platform, newest first; without texts, names and whole ids."""
    channel = await _existing(call)
    return Items(items=list(reversed(await call.context.stores.channels.exchanges(channel.id))))


async def send_test(call: Call[Nothing, NewTest]) -> TestView:
    """A message from the system to somebody who wrote on this channel, and what became of it.

    It stands in the conversation, spends of the reply window and obeys its rules, but it is nobody's answer: whoever
    waits goes on waiting, and no report counts it.
    """
    channel, context = await _existing(call), call.context
    conversation = await context.stores.conversations.get(ConversationId(call.body.conversation_id))
    if conversation is None or conversation.channel_id != channel.id:
        raise Invalid("there is no such conversation on this channel", field="conversation_id")
    message, _ = await context.hub.reply(
        conversation.id,
        author=Author(type=AuthorType.SYSTEM, name=call.who.author.name),
        content=call.body.content,
        client_id=f"test:{context.ids()}",
        attachments=(),
    )
    until = context.clock.monotonic() + TEST_PATIENCE
    while message.status in _UNDECIDED and context.clock.monotonic() < until:
        await context.clock.sleep(TEST_LOOK_SECONDS)
        message = await context.stores.messages.get(message.id) or message
    failure = message.failure
    return TestView(
        message_id=message.id,
        status=message.status or MessageStatus.QUEUED,
        code=failure.code if failure else "",
        detail=" ".join(filter(None, (failure.platform_code, failure.detail))) if failure else "",
    )


def _view(call: AnyCall, channel: Channel) -> ChannelView:
    return channel_view(channel, call.context.channel_types, with_settings=True)


async def _tell(call: AnyCall, channel: Channel) -> None:
    call.request.app[VIEWS].channel_names.put(channel)
    await call.context.hub.channel_changed(channel.id)


async def _existing(call: AnyCall) -> Channel:
    channel = await call.context.stores.channels.get(ChannelId(call.id()))
    if channel is None:
        raise NotFound("there is no such channel")
    return channel


ENDPOINTS = (
    Endpoint(
        method="GET", path="/channels", handler=list_channels, role=Role.ADMIN, returns=Items[ChannelView],
        summary="All channels", tag="channels",
    ),
    Endpoint(
        method="POST", path="/channels", handler=add_channel, role=Role.ADMIN, body=NewChannel,
        returns=ChannelView, statuses=(201,), summary="Connect a channel", tag="channels",
    ),
    Endpoint(
        method="GET", path="/channels/{id}", handler=get_channel, role=Role.ADMIN, returns=ChannelView,
        summary="One channel", tag="channels",
    ),
    Endpoint(
        method="PATCH", path="/channels/{id}", handler=change_channel, role=Role.ADMIN, body=ChannelPatch,
        returns=ChannelView, summary="Rename, pause or set up a channel", tag="channels",
    ),
    Endpoint(
        method="DELETE", path="/channels/{id}", handler=delete_channel, role=Role.ADMIN, statuses=(204,),
        summary="Delete a channel; its conversations stay", tag="channels",
    ),
    Endpoint(
        method="POST", path="/channels/{id}/check", handler=check_channel, role=Role.ADMIN, returns=CheckView,
        summary="Try the channel's credentials against its platform", tag="channels",
    ),
    Endpoint(
        method="GET", path="/channels/{id}/exchanges", handler=list_exchanges, role=Role.ADMIN, returns=Items[Exchange],
        summary="The last 50 things that went between the hub and the platform, redacted", tag="channels",
    ),
    Endpoint(
        method="POST", path="/channels/{id}/test", handler=send_test, role=Role.ADMIN, body=NewTest, returns=TestView,
        summary="Send a test message to somebody who wrote on this channel, and tell what became of it", tag="channels",
    ),
)  # fmt: skip
