"""Events as satori.chat/zh-CN/protocol/events.html has them: the tree, and the few fields that are looked up in it.

Ids are text; a server that writes them as numbers is understood.
"""

import msgspec

from channels.trees import Malformed, Tree, part, text

MAX_ID = 200
DIRECT = 1  # of channel types


def read(body: bytes) -> Tree:
    """Raises Malformed."""
    try:
        tree = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise Malformed("not JSON") from None
    if not isinstance(tree, dict):
        raise Malformed("not an object")
    kind = tree.get("type")
    if not isinstance(kind, str) or not 0 < len(kind) <= 80:
        raise Malformed("an event without a type")
    return tree


def id_of(value: object) -> str:
    """ "" for what is no id."""
    if type(value) is int and abs(value) < 2**63:
        return str(value)
    return value if isinstance(value, str) and 0 < len(value) <= MAX_ID else ""


def account_of(tree: Tree) -> tuple[str, str]:
    """Platform and user id of the account that heard an event; "" where it does not say. Servers of the protocol's
    first version have both beside the event's type."""
    platform, account = account_of_login(part(tree, "login"))
    return platform or text(tree.get("platform")), account or id_of(tree.get("self_id"))


def account_of_login(login: Tree) -> tuple[str, str]:
    return text(login.get("platform")), id_of(part(login, "user").get("id")) or id_of(login.get("self_id"))


def is_direct(tree: Tree) -> bool:
    channel = part(tree, "channel")
    if type(channel.get("type")) is int:
        return bool(channel["type"] == DIRECT)
    return not part(tree, "guild") and not part(tree, "member")


def author_of(tree: Tree) -> Tree:
    """The user it is about: the author of a message, who pressed a button."""
    return part(tree, "user") or part(part(tree, "message"), "user") or part(part(tree, "member"), "user")


def handle_of(tree: Tree) -> str:
    """ "" where the event does not say whose it is."""
    user, channel = id_of(author_of(tree).get("id")), id_of(part(tree, "channel").get("id"))
    if not user or (not channel and not is_direct(tree)):
        return ""
    return handle(user, "" if is_direct(tree) else channel)


# Handles and ids of messages


def handle(user: str, group: str) -> str:
    """A person in a group is another correspondent than the same person alone: what is answered there is public."""
    return f"{_coded(user)} {_coded(group)}" if group else _coded(user)


def read_handle(written: str) -> tuple[str, str]:
    """The user, and the group's channel; "" for none."""
    user, _, group = written.partition(" ")
    return _decoded(user), _decoded(group)


def external_id(channel: str, message: str) -> str:
    """A message's id counts within its channel only."""
    return f"{_coded(channel)} {_coded(message)}"


def read_external_id(written: str) -> tuple[str, str]:
    channel, _, message = written.partition(" ")
    return _decoded(channel), _decoded(message)


def _coded(id_: str) -> str:
    return id_.replace("%", "%25").replace(" ", "%20")


def _decoded(coded: str) -> str:
    return coded.replace("%20", " ").replace("%25", "%")
