"""A mail provider on loopback: a mailbox over IMAP, a door over SMTP, customers who write and read."""

from channels.email.simulator.people import Action
from channels.email.simulator.server import EmailSimulator
from channels.email.simulator.smtp import SmtpFault

__all__ = ["Action", "EmailSimulator", "SmtpFault"]
