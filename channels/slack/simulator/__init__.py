"""A Slack workspace on loopback: its Web API, its signed pushes and lines, its files and its refusals."""

from channels.simulating.faults import Fault, Hang
from channels.slack.simulator.script import Action, read_script
from channels.slack.simulator.server import SlackSimulator
from channels.slack.simulator.workspace import App, SentMessage

__all__ = ["Action", "App", "Fault", "Hang", "SentMessage", "SlackSimulator", "read_script"]
