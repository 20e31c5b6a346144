"""A page for each channel type, written from what it declares: `python -m channels.pages` writes docs/channels/.

A test holds the pages against the declarations, so what stands there is what the composer, the outbox and the settings
form go by. What a type promises beyond that stands on a page written by hand (`MORE`).
"""

import sys
from datetime import timedelta
from pathlib import Path

from channels import CHANNEL_TYPES
from scrm.model.channel import Capabilities, ChannelType, LengthUnit
from scrm.ports import abilities

FOLDER = Path(__file__).parent.parent / "docs" / "channels"
MORE = {
    "wechat": "../wechat.md",
    "wecom_kf": "../wecom.md",
    "webchat": "../web-chat.md",
    "telegram": "../telegram.md",
    "email": "../email.md",
    "satori": "../satori.md",
    "slack": "../slack.md",
    "line": "../line.md",
    "whatsapp": "../whatsapp.md",
    "messenger": "../messenger.md",
    "weibo": "../weibo.md",
}
UNITS = {LengthUnit.BYTES: "bytes of UTF-8", LengthUnit.CHARACTERS: "characters", LengthUnit.UTF16: "UTF-16 units"}
# What an adapter can do beside the contract, by the protocol that says so.
ABILITIES: dict[type, str] = {
    abilities.FetchesMedia: "files that customers send are fetched and kept",
    abilities.FetchesProfile: "names and faces are fetched",
    abilities.SendsTyping: "customers see that an agent writes",
    abilities.TypesBelow: "customers see that an agent writes, and that what they wrote is read",
    abilities.Pulls: "the hub asks for what came, from a place that it keeps",
    abilities.Listens: "the hub can listen where it cannot be reached",
    abilities.RegistersWebhook: "the hub itself tells the platform where to push",
    abilities.HandsOver: "the platform's own sessions are kept in line",
    abilities.PassesOn: "customers are passed on to the company's people on the platform, and taken back",
    abilities.Describes: "a check says more than well or not",
    abilities.TagsContacts: "labels and the platform's tags are kept alike",
    abilities.MakesQrCodes: "codes are made whose scans say where a customer came from",
    abilities.EditsMenu: "the menu is edited and published",
    abilities.SendsTemplates: "templates reach a consenting customer outside the reply window",
    abilities.Closes: "a line to the platform is kept between two looks",
    abilities.Splits: "each thing of a push is kept by itself",
}


def page(kind: ChannelType) -> str:
    lines = [
        f"# {kind.name_en} ({kind.name_zh})" if kind.name_en != kind.name_zh else f"# {kind.name_en}",
        "",
        f"Channel type `{kind.type}`. Written by `python -m channels.pages` from [its declaration](../../channels/"
        f"{_folder(kind)}/config.py)." + f" More: [{kind.name_en}]({MORE[kind.type]}).",
        "",
        "## What it can do",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {says} |" for name, says in _abilities(kind)),
        "",
        "## Settings",
        "",
        "| setting | on the form | |",
        "|---|---|---|",
        *(_setting(kind, place) for place in range(len(kind.settings))),
        "",
        "## Without an account",
        "",
        "```",
        f"$ python3 -m scrm simulate {kind.type} --create http://127.0.0.1:8000 --api-token $TOKEN",
        "```",
        "",
    ]
    return "\n".join(lines)


def _folder(kind: ChannelType) -> str:
    return CHANNEL_TYPES.home(kind.type)


def _abilities(kind: ChannelType) -> list[tuple[str, str]]:
    can = kind.capabilities
    found = [
        ("customers send", ", ".join(sorted(can.receives))),
        ("agents send", ", ".join(sorted(can.sends))),
        ("one text", f"{can.text_limit:,} {UNITS[can.text_unit]} at most; a longer one leaves in parts"),
        ("files", _files(can)),
        ("when agents may write", _rules(can)),
        ("receipts", "yes" if can.receipts else "none from the platform"),
    ]
    if can.quotes:
        found.append(("one message can be answered in particular", "yes"))
    if can.threads:
        found.append(("threads", "every answer follows the customer's latest message, under its subject"))
    if can.fetches:
        found.append(("how files leave", "the platform fetches them from the hub, which needs a public https address"))
    if can.together:
        found.append(("text and files", "leave together as one message"))
    if can.tools:
        found.append(("of the account", ", ".join(can.tools)))
    adapter = CHANNEL_TYPES.adapter_class(kind.type)
    more = [says for protocol, says in ABILITIES.items() if _has(adapter, protocol)]
    return [*found, ("beside that", "; ".join(more))] if more else found


def _has(adapter: type, protocol: type) -> bool:
    members = [name for name in vars(protocol) if not name.startswith("_")]
    return bool(members) and all(hasattr(adapter, name) for name in members)


def _files(can: Capabilities) -> str:
    if not can.media_limits:
        return "none"
    found = []
    for kind, limit in can.media_limits.items():
        types = ", ".join(each.partition("/")[2] for each in can.media_types.get(kind, ()))
        found.append(f"{kind} up to {_size(limit)}" + (f" ({types})" if types else ""))
    return "; ".join(found)


def _size(limit: int) -> str:
    return f"{limit >> 20} MiB" if limit % (1 << 20) == 0 else f"{limit / 1_000_000:g} MB"


def _rules(can: Capabilities) -> str:
    if not can.reply_rules:
        return "always"
    return "; ".join(
        f"{rule.trigger}: for {_lasting(rule.lasts)}, {'any number' if rule.replies is None else rule.replies}"
        for rule in can.reply_rules
    )


def _lasting(time: timedelta) -> str:
    minutes = int(time.total_seconds()) // 60
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"


def _setting(kind: ChannelType, place: int) -> str:
    setting = kind.settings[place]
    says = [
        "secret: sealed at rest" if setting.secret else "",
        "" if setting.required else "may be empty",
        f"one of {', '.join(setting.choices)}" if setting.choices else "",
        f"`{setting.default}` unless changed" if setting.default else "",
        setting.help_en,
    ]
    shown = setting.label_en if setting.label_en == setting.label_zh else f"{setting.label_en} ({setting.label_zh})"
    return f"| `{setting.name}` | {_cell(shown)} | {_cell('. '.join(each.rstrip('.') for each in says if each))} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def index() -> str:
    rows = [
        f"| [{kind.name_en}]({kind.type}.md) | {kind.name_zh} | {', '.join(sorted(kind.capabilities.sends))} | "
        f"{_rules(kind.capabilities)} |"
        for kind in CHANNEL_TYPES.all()
    ]
    head = [
        "# Channels",
        "",
        "Written by `python -m channels.pages`. `python3 -m scrm test -- tests/channels` holds each against the",
        "contract and ends with the conformance table. [Adding a channel](../adding-a-channel.md).",
        "",
        "| | | agents send | when they may write |",
        "|---|---|---|---|",
    ]
    return "\n".join([*head, *rows, ""])


def pages() -> dict[str, str]:
    return {"README.md": index(), **{f"{kind.type}.md": page(kind) for kind in CHANNEL_TYPES.all()}}


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, content in pages().items():
        (FOLDER / name).write_text(content, encoding="utf-8")
        print(f"docs/channels/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
