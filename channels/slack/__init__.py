"""Slack: direct messages and mentions of an app, by the Events API or Socket Mode, answered by the Web API."""

from channels.registry import Definition
from channels.slack.adapter import SlackAdapter
from channels.slack.config import TYPE, problems

DEFINITION = Definition(type=TYPE, adapter=SlackAdapter, problems=problems)
