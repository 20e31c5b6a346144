"""The channel types there are, behind `scrm.ports.channel.ChannelTypes`; and the check of a channel's settings."""

import re
from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from channels.settings import ADDRESS, NO_HOST, has_host
from scrm.errors import Invalid
from scrm.model.base import Record
from scrm.model.channel import Capabilities, ChannelType, Setting
from scrm.ports.channel import ChannelAdapter, ChannelContext


class Definition(Record, kw_only=True):
    """What a channel type brings.

    problems: sentences by setting for what no single pattern can say (one setting needs another); called with
    complete settings only.
    """

    type: ChannelType
    adapter: Callable[[ChannelContext], ChannelAdapter]
    problems: Callable[[Mapping[str, str]], dict[str, str]] = lambda settings: {}


class Registry:
    """A fixed list of definitions, in the order the admin screens show them."""

    def __init__(self, definitions: Sequence[Definition]) -> None:
        self._definitions = {definition.type.type: definition for definition in definitions}

    @property
    def definitions(self) -> Sequence[Definition]:
        return list(self._definitions.values())

    def all(self) -> Sequence[ChannelType]:
        return [definition.type for definition in self._definitions.values()]

    def get(self, type_name: str) -> ChannelType | None:
        definition = self._definitions.get(type_name)
        return definition.type if definition else None

    def adapter(self, context: ChannelContext) -> ChannelAdapter:
        """Raises Invalid when the type is unknown or its stored settings no longer fit it."""
        definition = self._definition(context.channel.type)
        settings = self.normalise_settings(context.channel.type, context.channel.settings)
        return definition.adapter(replace(context, channel=replace(context.channel, settings=settings)))

    def capabilities(self, type_name: str) -> Capabilities:
        return self._definition(type_name).type.capabilities

    def adapter_class(self, type_name: str) -> type:
        """What makes its adapters: every type's is a class."""
        made = self._definition(type_name).adapter
        if not isinstance(made, type):
            raise TypeError(f"{type_name} has no adapter class")
        return made

    def home(self, type_name: str) -> str:
        """The folder in `channels` that its adapter is in."""
        return self.adapter_class(type_name).__module__.split(".")[1]

    def normalise_settings(self, type_name: str, settings: Mapping[str, str]) -> dict[str, str]:
        """Complete settings: trimmed, defaults filled in. Raises Invalid with `errors`, a sentence by setting."""
        definition = self._definition(type_name)
        known = {setting.name: setting for setting in definition.type.settings}
        errors = {name: "There is no such setting." for name in settings if name not in known}
        values: dict[str, str] = {}
        for name, setting in known.items():
            value = settings.get(name, "").strip() or setting.default or ""
            if problem := _problem(setting, value):
                errors[name] = problem
            values[name] = value
        errors = errors or definition.problems(values)
        if errors:
            raise Invalid("Some settings need mending.", errors=errors)
        return values

    def _definition(self, type_name: str) -> Definition:
        definition = self._definitions.get(type_name)
        if definition is None:
            raise Invalid(f"There is no channel type {type_name!r}.", errors={"type": "There is no such channel type."})
        return definition


def _problem(setting: Setting, value: str) -> str | None:
    if not value:
        return "This is needed." if setting.required else None
    if setting.choices and value not in setting.choices:
        return f"This must be one of {', '.join(setting.choices)}."
    if not re.fullmatch(setting.pattern, value):
        return setting.help_en or "This does not have the form the platform gives it."
    if setting.pattern == ADDRESS and not has_host(value):
        return NO_HOST
    return None
