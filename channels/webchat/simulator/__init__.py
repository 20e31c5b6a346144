"""Visitors of a site, as the widget is one: for tests, benchmarks and `scrm simulate webchat`."""

from channels.webchat.simulator.visitor import Visitor, VisitorError

__all__ = ["Visitor", "VisitorError"]
