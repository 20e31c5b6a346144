"""Personal data shortened for those who need not see it.

With the workspace's setting on, whoever has the role agent gets texts with phone, card and ID numbers shortened
(138****8000), whoever wrote them. This happens where every answer of the API passes (`endpoint.Dispatch`) and where
every realtime frame is made, by walking through the answer, so that no endpoint can forget it. The database keeps
texts whole. One message is shown whole on request, and its conversation says to whom (`POST /messages/{id}/reveal`).

Other processes of the hub follow a change of the setting within `_BELIEVED` seconds.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import msgspec
from aiohttp import web
from msgspec.structs import replace

from scrm.clock import Clock
from scrm.model.conversation import Preview
from scrm.model.message import Message
from scrm.model.people import Role
from scrm.ports.stores import WorkspaceStore

SETTING = "mask_personal"
MASKED = "masked"
"""Key in a message's details that says its text is not whole."""

_BELIEVED = 5.0
# What of `details` is text that somebody wrote.
_TEXTS = frozenset({"title", "description", "label", "quote", "original", "phone_number"})

T = TypeVar("T")


class Masking:
    def __init__(self, workspace: WorkspaceStore, mask: Callable[[str], str], clock: Clock) -> None:
        self._workspace = workspace
        self._mask = mask
        self._clock = clock
        self._on = False
        self._read_at: float | None = None

    async def applies(self, role: Role) -> bool:
        """Whether texts are shortened for the role; reads the setting where that was not done lately."""
        now = self._clock.monotonic()
        if self._read_at is None or now - self._read_at >= _BELIEVED:
            self._on = await self._workspace.get(SETTING) == "on"
            self._read_at = now
        return self.applied(role)

    def applied(self, role: Role) -> bool:
        """As `applies`, by what was read last: for frames, whose listeners came in through `applies`."""
        return self._on and role is Role.AGENT

    async def enabled(self) -> bool:
        return await self._workspace.get(SETTING) == "on"

    async def set(self, *, on: bool) -> None:
        await self._workspace.put(SETTING, "on" if on else "off")
        self._on, self._read_at = on, self._clock.monotonic()

    def apply(self, value: T) -> T:
        """The value with every message and preview in it shortened, however deep they stand."""
        return cast(T, self._walk(value))

    def message(self, message: Message) -> Message:
        content = self._mask(message.content)
        details = {name: self._mask(text) if name in _TEXTS else text for name, text in message.details.items()}
        if content != message.content or details != message.details:
            details = {**details, MASKED: "yes"}
        analysis = message.analysis
        if analysis is not None:
            # Its words are pieces of the text.
            analysis = replace(
                analysis,
                entities=(),
                keywords=tuple(word for word in analysis.keywords if self._mask(word) == word),
                evidence=tuple(each for each in analysis.evidence if self._mask(each.text) == each.text),
            )
        attachments = tuple(
            replace(each, file_name=self._mask(each.file_name) if each.file_name else None)
            for each in message.attachments
        )
        template = message.template
        if template is not None:
            template = replace(template, fields={name: self._mask(text) for name, text in template.fields.items()})
        return replace(
            message,
            content=content,
            details=details,
            analysis=analysis,
            attachments=attachments,
            template=template,
        )

    def _walk(self, value: Any) -> Any:
        match value:
            case Message():
                return self.message(value)
            case Preview():
                return replace(value, content=self._mask(value.content))
            case list():
                return [self._walk(each) for each in value]
            case tuple():
                return tuple(self._walk(each) for each in value)
            case msgspec.Struct():
                changed = {}
                for name in value.__struct_fields__:
                    held = getattr(value, name)
                    if isinstance(held, msgspec.Struct | list | tuple):
                        walked = self._walk(held)
                        if walked != held:
                            changed[name] = walked
                return replace(value, **changed) if changed else value
        return value


MASKING = web.AppKey("masking", Masking)
