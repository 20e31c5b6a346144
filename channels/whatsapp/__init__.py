"""WhatsApp Business Platform (Cloud API): a company's phone number."""

from channels.registry import Definition
from channels.whatsapp.adapter import WhatsAppAdapter
from channels.whatsapp.config import TYPE

DEFINITION = Definition(type=TYPE, adapter=WhatsAppAdapter)
