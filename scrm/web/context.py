"""What the web room is given. Nothing in it is reached through a module or a global."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

from aiohttp import web
from prometheus_client import CollectorRegistry

from scrm.clock import Clock
from scrm.ids import IdFactory
from scrm.ports.alerts import AlertRooms
from scrm.ports.boards import Boards
from scrm.ports.channel import ChannelTypes
from scrm.ports.flow import Hub, Reports
from scrm.ports.mentions import Mentions
from scrm.ports.services import Analyser, TextCutter
from scrm.ports.stores import Stores
from scrm.ports.taxonomy import Corrections, Taxonomies
from scrm.ports.texts import Texts
from scrm.ports.topics import Topics
from scrm.web.passwords import Passwords


def nothing_missing() -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WebContext:
    """stores … passwords: the hub's parts. The rest: settings.

    not_running: names of the hub's parts that should run in this process and do not; empty means ready.
    public_url: how browsers reach the hub (`https://desk.example.com`), None when it is only the address they used.
    secure_cookies: the browser reaches the hub over https only.
    trusted_proxies: networks whose X-Forwarded-For is believed.
    widget: the customers' widget as built, None when it is not.
    static_dir: the built client (`index.html`, `assets/` …), None when there is none.
    """

    stores: Stores
    hub: Hub
    reports: Reports
    boards: Boards
    topics: Topics
    mentions: Mentions
    alerts: AlertRooms
    channel_types: ChannelTypes
    analyser: Analyser
    taxonomies: Taxonomies
    corrections: Corrections
    cutter: TextCutter
    texts: Texts
    clock: Clock
    ids: IdFactory
    passwords: Passwords = field(default_factory=Passwords)
    metrics: CollectorRegistry = field(default_factory=CollectorRegistry)
    not_running: Callable[[], Sequence[str]] = nothing_missing
    workspace_name: str = "SCRM"
    time_zone: str = "Asia/Shanghai"
    public_url: str | None = None
    secure_cookies: bool = False
    trusted_proxies: Sequence[IPv4Network | IPv6Network] = ()
    demo: bool = False
    static_dir: Path | None = None
    widget: Path | None = None


CONTEXT = web.AppKey("context", WebContext)
