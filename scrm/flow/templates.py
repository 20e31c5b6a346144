"""Messages made from templates: gaps filled, within what they take, and the reply that becomes one by itself.

A text reply that finds the reply window closed or used up goes as the channel's automatic template, where a consent
permits one. That is settled inside the transaction that takes the reply on, or, where only the platform knows that the
window is closed, inside the one that takes its refusal down: it is one or the other, and once. What was refused as a
template stays refused.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from scrm.errors import Invalid
from scrm.flow import records, window
from scrm.ids import AgentId
from scrm.model.account import MessageTemplate, TemplateField, TemplateKind
from scrm.model.contact import Contact
from scrm.model.conversation import Conversation
from scrm.model.message import Author, AuthorType, Message, TemplateUse
from scrm.ports.stores import Stores

GAP = re.compile(r"\{\{(\w+)\}\}")
VARIABLE = re.compile(r"\{(\w+)\}")
MESSAGE = "{message}"


class Automatic:
    def __init__(self, stores: Stores, zone: ZoneInfo, workspace: str) -> None:
        """workspace: its name, as templates tell it to customers."""
        self._stores = stores
        self._zone = zone
        self._workspace = workspace

    async def instead(self, conversation: Conversation, message: Message, now: datetime) -> Message | None:
        """The refused reply as a message made from a template; None: it cannot be one, or nothing permits one.

        What nobody wrote to this customer in particular (a menu's answer, a test, a reply to hundreds) uses up no
        consent. Neither does a text of more parts than are left while one would still go: a shorter reply will do.
        """
        if message.attachments or message.author.type is AuthorType.SYSTEM:
            return None
        if window.refusal(conversation.window, 1, now) is None:
            return None
        contact = await self._stores.contacts.get(conversation.contact_id)
        permitted = candidates(conversation, contact, await self._stores.accounts.templates(conversation.channel_id))
        values: dict[str, str] = {}
        for template in permitted:
            values = values or await self._values(conversation, contact, message, now)
            fields = filled(template, values)
            if all(fields.values()):  # the platform refuses a message with an empty gap
                written = {**message.details, "original": message.content}
                return replace(
                    message, content=worded(template, fields), template=use_of(template, fields), details=written
                )
        return None

    async def after(
        self, conversation: Conversation, message: Message, now: datetime
    ) -> tuple[Message, Conversation] | None:
        """The reply that the platform itself refused, as a message made from a template, and the conversation with it
        taken on; None as `instead`, and for a message that was one already. conversation: its ledger corrected."""
        instead = None if message.template else await self.instead(conversation, message, now)
        if instead is None or instead.template is None:
            return None
        ledger = window.noticed(conversation.window, instead.template, now)
        return instead, records.with_revised(replace(conversation, window=ledger), instead)

    async def _values(
        self, conversation: Conversation, contact: Contact | None, message: Message, now: datetime
    ) -> dict[str, str]:
        return {
            "customer": contact.name if contact else "",
            "message": message.content,
            "agent": await self._name(message.author),
            "number": str(conversation.number),
            "time": f"{now.astimezone(self._zone):%Y-%m-%d %H:%M}",
            "workspace": self._workspace,
        }

    async def _name(self, author: Author) -> str:
        """What customers may see of it."""
        agent = await self._stores.agents.get(AgentId(author.id or "")) if author.type is AuthorType.AGENT else None
        return (agent.public_name if agent else None) or author.name or ""


def as_written(message: Message) -> Message:
    """A reply that became the automatic template, as its author wrote it."""
    if message.template is None or "original" not in message.details:
        return message
    details = {name: value for name, value in message.details.items() if name != "original"}
    return replace(message, content=message.details["original"], template=None, details=details)


def candidates(
    conversation: Conversation, contact: Contact | None, templates: Iterable[MessageTemplate]
) -> list[MessageTemplate]:
    """Templates that a text reply may become by itself, the first one first: what the customer agreed to before what
    needs no consent."""
    if contact is not None and contact.subscribed is False:
        return []
    found = [
        each
        for each in templates
        if each.automatic
        and each.enabled
        and not each.gone
        and window.notice_refusal(conversation.window, use_of(each, {})) is None
    ]
    return sorted(found, key=lambda each: each.kind is not TemplateKind.SUBSCRIBE)


def obstacle(fields: Iterable[TemplateField], mapping: Mapping[str, str]) -> str:
    """Why a template filled like this cannot go by itself; "" when it can."""
    if not any(MESSAGE in text for text in mapping.values()):
        return f"A template that goes by itself holds {MESSAGE} in one of its fields."
    missing = next((field for field in fields if not mapping.get(field.name, "").strip()), None)
    return "" if missing is None else f"{missing.label or missing.name} is empty: nobody will be there to fill it in."


def filled(template: MessageTemplate, values: Mapping[str, str]) -> dict[str, str]:
    """Every gap as its setting says, cut to what it takes; what is no variable stays as it is written."""
    found: dict[str, str] = {}
    for field in template.fields:
        text = VARIABLE.sub(lambda name: values.get(name.group(1), name.group(0)), template.mapping.get(field.name, ""))
        found[field.name] = " ".join(text.split())[: field.limit].rstrip()
    return found


def checked(template: MessageTemplate, fields: Mapping[str, str]) -> dict[str, str]:
    """Every gap filled, within what it takes: the platform refuses the whole message otherwise (47003)."""
    problems: dict[str, str] = {}
    found: dict[str, str] = {}
    for field in template.fields:
        value = " ".join(fields.get(field.name, "").split())
        if not value:
            problems[field.name] = f"{field.label} is empty."
        elif len(value) > field.limit:
            problems[field.name] = f"{field.label} has at most {field.limit} characters."
        found[field.name] = value
    if problems:
        raise Invalid(next(iter(problems.values())), errors=problems)
    return found


def use_of(template: MessageTemplate, fields: dict[str, str]) -> TemplateUse:
    return TemplateUse(
        template_id=template.template_id,
        kind=str(template.kind),
        title=template.title,
        fields=fields,
        url=template.url,
    )


def worded(template: MessageTemplate, fields: Mapping[str, str]) -> str:
    """What the message reads like. Pure."""
    text = GAP.sub(lambda gap: fields.get(gap.group(1), ""), template.body)
    return "\n".join(filter(None, (template.title if template.titled else "", text.strip())))
