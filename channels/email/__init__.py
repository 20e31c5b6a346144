"""E-mail: a mailbox read over IMAP, answered over SMTP."""

from channels.email.adapter import EmailAdapter
from channels.email.config import TYPE, problems
from channels.registry import Definition

DEFINITION = Definition(type=TYPE, adapter=EmailAdapter, problems=problems)
