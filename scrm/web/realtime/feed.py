"""The one consumer of the database's changes in this process, and the tasks that work for it.

Promise: a socket is only let in while the feed stands (`standing`), so what it reads afterwards and what comes live
leave no gap between them. Whenever the feed, or anything between it and a socket, may have lost something, every
socket is told to load again.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from scrm.clock import Clock, end_tasks
from scrm.errors import StoreUnavailable
from scrm.ids import AlertId, ChannelId
from scrm.model.channel import Channel
from scrm.model.contact import Contact
from scrm.model.conversation import Conversation
from scrm.model.message import Message
from scrm.model.people import Agent
from scrm.model.topics import Alert
from scrm.ports.stores import Change, Gap, Stores
from scrm.web.assemble import Views
from scrm.web.problems import place
from scrm.web.realtime.hall import Hall
from scrm.web.realtime.screens import Screens
from scrm.web.visitor.hall import Visitors

_PAUSE = 1.0
_log = structlog.get_logger("scrm.web.realtime")


class Feed:
    def __init__(
        self, stores: Stores, hall: Hall, visitors: Visitors, screens: Screens, views: Views, clock: Clock
    ) -> None:
        self.standing = asyncio.Event()
        self._stores = stores
        self._hall = hall
        self._visitors = visitors
        self._screens = screens
        self._names = views.channel_names
        self._briefs = views.contact_briefs
        self._clock = clock

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        works = {
            "realtime feed": self._follow,
            "realtime conversations": self._screens.show_conversations,
            "realtime numbers": self._screens.show_numbers,
        }
        tasks = [asyncio.create_task(self._keep(name, work), name=name) for name, work in works.items()]
        try:
            yield
        finally:
            await end_tasks(*tasks)

    async def _keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` for ever; after a fault, again. What was lost in between, the screens read anew."""
        while True:
            try:
                await work()
            except StoreUnavailable:
                _log.warning("database away", task=name)
            except Exception as error:
                # A bug in one frame must not end realtime for everybody.
                _complain(name, error)
            await self._clock.sleep(_PAUSE)
            self._lost()

    async def _follow(self) -> None:
        try:
            async for change in self._stores.changes():
                try:
                    self._take(change)
                except Exception as error:
                    _complain("realtime feed", error)
                    self._lost()
        finally:
            self.standing.clear()

    def _take(self, change: Change | Gap) -> None:
        if isinstance(change, Gap):
            self.standing.set()
            self._lost()
            return
        match change.record:
            case Message() as message:
                self._hall.message(message)
                self._visitors.message(message)
            case Conversation() as conversation:
                self._screens.conversation(conversation)
                self._visitors.conversation(conversation)
            case Contact() as contact:
                if brief := self._briefs.put(contact):
                    self._hall.contact(brief)
            case Agent() as agent:
                self._hall.is_now(agent)
                self._visitors.agent(agent)
                self._screens.count()
            case Channel() as channel:
                self._names.put(channel)
                self._visitors.channel(channel.id, channel)
            case Alert() as alert:
                self._hall.alert(alert)
            case None:
                if change.kind == "incident":
                    self._hall.incident(AlertId(change.id))
                if change.kind == "channel":
                    self._names.forget()
                    self._visitors.channel(ChannelId(change.id), None)

    def _lost(self) -> None:
        self._names.forget()
        self._briefs.forget()
        self._screens.forget()
        self._hall.reload()
        self._visitors.lost()


def _complain(name: str, error: Exception) -> None:
    """Kind and place only: an exception's text may quote a customer."""
    _log.error("task failed", task=name, error=type(error).__name__, at=place(error))
