"""One call that fills a client's stores."""

import asyncio

from scrm.model.people import Role
from scrm.web.assemble import VIEWS, channel_view
from scrm.web.auth import level
from scrm.web.endpoint import Call, Endpoint, Nothing
from scrm.web.views import Bootstrap


async def bootstrap(call: Call[Nothing, Nothing]) -> Bootstrap:
    context, stores = call.context, call.context.stores
    agents, teams, labels, canned_replies, channels, former = await asyncio.gather(
        call.request.app[VIEWS].agents(),
        stores.teams.all(),
        stores.labels.all(),
        stores.canned_replies.all(),
        stores.channels.all(),
        context.taxonomies.former(),
    )
    categories = list(context.analyser.taxonomy)
    current = {category.code for category in categories}
    types = context.channel_types
    with_settings = level(call.who.role) >= level(Role.ADMIN)
    return Bootstrap(
        agents=agents,
        teams=teams,
        labels=labels,
        canned_replies=canned_replies,
        channels=[channel_view(channel, types, with_settings=with_settings) for channel in channels],
        channel_types=list(types.all()),
        categories=categories,
        former_categories=[category for category in former if category.code not in current],
        me=next((agent for agent in agents if agent.id == call.who.agent_id), None),
    )


ENDPOINTS = (
    Endpoint(
        method="GET", path="/bootstrap", handler=bootstrap, returns=Bootstrap,
        summary="Everything a client needs before it shows a conversation", tag="workspace",
    ),
)  # fmt: skip
