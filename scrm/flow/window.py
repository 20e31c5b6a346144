"""The reply window: which replies a platform still permits. Pure arithmetic over the conversation's ledger.

An act of the customer opens a grant (`ReplyRule`); each reply uses one of the grant that ends first. A new act of the
same kind replaces the older grant, as the platforms count it.
"""

from datetime import datetime

from msgspec.structs import replace

from scrm.errors import SendErrorCode
from scrm.model.channel import Capabilities
from scrm.model.conversation import Grant, ReplyWindow
from scrm.ports.flow import WindowView


def initial(capabilities: Capabilities) -> ReplyWindow:
    return ReplyWindow(unlimited=not capabilities.reply_rules)


def opened(window: ReplyWindow, capabilities: Capabilities, trigger: str | None, at: datetime) -> ReplyWindow:
    """The ledger after the customer did `trigger` at `at` (the platform's time, from which it counts)."""
    rule = next((rule for rule in capabilities.reply_rules if rule.trigger == trigger), None)
    if rule is None:
        return window
    grant = Grant(trigger=rule.trigger, opened_at=at, expires_at=at + rule.lasts, allowed=rule.replies)
    older = tuple(held for held in window.grants if held.trigger != rule.trigger and held.expires_at > at)
    replaced = next((held for held in window.grants if held.trigger == rule.trigger), None)
    if replaced is not None and replaced.opened_at > at:
        return window  # a late message opens nothing that a newer one has not opened already
    return replace(window, grants=(*older, grant))


def refusal(window: ReplyWindow, replies: int, now: datetime) -> SendErrorCode | None:
    """Why `replies` more replies may not be sent now; None when they may."""
    if window.unlimited:
        return None
    usable = _open_grants(window, now)
    if not usable:
        return SendErrorCode.WINDOW_CLOSED
    left = _left(usable)
    return SendErrorCode.REPLIES_USED_UP if left is not None and left < replies else None


def used(window: ReplyWindow, replies: int, now: datetime) -> ReplyWindow:
    """The ledger after `replies` replies were taken on; call only when `refusal` is None."""
    if window.unlimited:
        return window
    grants = {grant.trigger: grant for grant in window.grants}
    for _ in range(replies):
        usable = [grant for grant in _open_grants(replace(window, grants=tuple(grants.values())), now) if _free(grant)]
        first = min(usable, key=lambda grant: grant.expires_at)
        grants[first.trigger] = replace(first, used=first.used + 1)
    return replace(window, grants=tuple(grants.values()))


def returned(window: ReplyWindow, replies: int) -> ReplyWindow:
    """The ledger after `replies` taken-on replies surely never reached the platform."""
    grants = list(window.grants)
    for _ in range(replies):
        index = next((i for i in reversed(range(len(grants))) if grants[i].used > 0), None)
        if index is None:
            break
        grants[index] = replace(grants[index], used=grants[index].used - 1)
    return replace(window, grants=tuple(grants))


def corrected(window: ReplyWindow, code: SendErrorCode) -> ReplyWindow:
    """The ledger after the platform said what it counts: it is right and we are not."""
    if code is SendErrorCode.WINDOW_CLOSED:
        return replace(window, grants=())
    if code is SendErrorCode.REPLIES_USED_UP:
        spent = (grant if grant.allowed is None else replace(grant, used=grant.allowed) for grant in window.grants)
        return replace(window, grants=tuple(spent))
    return window


def view(window: ReplyWindow, now: datetime) -> WindowView:
    if window.unlimited:
        return WindowView(unlimited=True, open=True)
    usable = _open_grants(window, now)
    left = _left(usable) if usable else 0
    return WindowView(
        unlimited=False,
        open=bool(usable) and left != 0,
        expires_at=max((grant.expires_at for grant in usable), default=None),
        replies_left=left,
    )


def _open_grants(window: ReplyWindow, now: datetime) -> list[Grant]:
    return [grant for grant in window.grants if grant.expires_at > now]


def _free(grant: Grant) -> bool:
    return grant.allowed is None or grant.used < grant.allowed


def _left(grants: list[Grant]) -> int | None:
    if any(grant.allowed is None for grant in grants):
        return None
    return sum(max(0, (grant.allowed or 0) - grant.used) for grant in grants)
