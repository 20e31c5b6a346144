"""The reply window: which replies a platform still permits. Pure arithmetic over the conversation's ledger.

An act of the customer opens a grant (`ReplyRule`); each reply uses one of the grant that ends first. A new act of the
same kind replaces the older grant, as the platforms count it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec.structs import replace

from scrm.errors import SendErrorCode
from scrm.model.account import TemplateKind
from scrm.model.channel import Capabilities
from scrm.model.conversation import Consent, Grant, ReplyWindow
from scrm.model.message import TemplateUse
from scrm.ports.channel import ConsentGiven
from scrm.ports.flow import WindowView

# What a platform says of its window at sending, or later: then the ledger follows it.
CLOSED = frozenset({SendErrorCode.WINDOW_CLOSED, SendErrorCode.REPLIES_USED_UP})
# A ledger that grows without end would be somebody's mistake.
MOST_CONSENTS, MOST_TEMPLATES = 100, 50


def initial(capabilities: Capabilities, before: ReplyWindow | None = None) -> ReplyWindow:
    """before: the contact's conversation before this one; what the customer agreed to there goes on."""
    consents, noticed_at = (before.consents, before.noticed_at) if before else ((), None)
    return ReplyWindow(unlimited=not capabilities.reply_rules, consents=consents, noticed_at=noticed_at)


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
    return replace(window, grants=(*older, grant), noticed_at=None)


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


def ended(window: ReplyWindow, at: datetime) -> ReplyWindow:
    """The ledger after the platform ended the session: what opened before no longer permits anything."""
    return replace(window, grants=tuple(grant for grant in window.grants if grant.opened_at > at))


def corrected(window: ReplyWindow, code: SendErrorCode, sent_at: datetime | None = None) -> ReplyWindow:
    """The ledger after the platform said what it counts: it is right and we are not. sent_at: when what it speaks of
    was written, where it says so later; what the customer opened since then stands."""
    after = tuple(grant for grant in window.grants if sent_at is not None and grant.opened_at > sent_at)
    before = (grant for grant in window.grants if grant not in after)
    if code is SendErrorCode.WINDOW_CLOSED:
        return replace(window, grants=after)
    if code is SendErrorCode.REPLIES_USED_UP:
        spent = (grant if grant.allowed is None else replace(grant, used=grant.allowed) for grant in before)
        return replace(window, grants=(*spent, *after))
    return window


def consented(
    window: ReplyWindow, given: Sequence[ConsentGiven], lasting: Collection[str], at: datetime
) -> ReplyWindow:
    """The ledger after the customer agreed to messages of templates, or took that back. lasting: templates of which one
    consent permits any number."""
    held = {consent.template_id: consent for consent in window.consents}
    for each in given:
        left = held[each.template_id].left if each.template_id in held else 0
        if not each.given:
            held.pop(each.template_id, None)
        elif each.template_id in lasting:
            held[each.template_id] = Consent(template_id=each.template_id, left=None, at=at)
        else:
            more = None if left is None else min(left + 1, MOST_CONSENTS)
            held[each.template_id] = Consent(template_id=each.template_id, left=more, at=at)
    newest = sorted(held.values(), key=lambda consent: consent.at)[-MOST_TEMPLATES:]
    return replace(window, consents=tuple(newest))


def consents_left(window: ReplyWindow, template_id: str) -> int | None:
    """None: any number."""
    return next((consent.left for consent in window.consents if consent.template_id == template_id), 0)


def notice_refusal(window: ReplyWindow, use: TemplateUse) -> SendErrorCode | None:
    """Why a message from this template may not be sent: a grant permits one, and one that needs none may not be
    followed by another before the customer reacts."""
    if use.kind == TemplateKind.SUBSCRIBE:
        return SendErrorCode.NO_CONSENT if consents_left(window, use.template_id) == 0 else None
    return SendErrorCode.NO_CONSENT if window.noticed_at is not None else None


def noticed(window: ReplyWindow, use: TemplateUse, now: datetime) -> ReplyWindow:
    """The ledger after a message from a template was taken on; call only when `notice_refusal` is None."""
    if use.kind != TemplateKind.SUBSCRIBE:
        return replace(window, noticed_at=now)
    return _recounted(window, use.template_id, -1)


def notice_returned(window: ReplyWindow, use: TemplateUse, code: SendErrorCode) -> ReplyWindow:
    """The ledger after a message from a template surely did not go; where the platform says that there is no consent,
    it is right and we are not."""
    if use.kind != TemplateKind.SUBSCRIBE:
        return replace(window, noticed_at=None)
    if code is SendErrorCode.NO_CONSENT:
        return replace(window, consents=tuple(each for each in window.consents if each.template_id != use.template_id))
    return _recounted(window, use.template_id, 1)


def _recounted(window: ReplyWindow, template_id: str, by: int) -> ReplyWindow:
    """A consent that is used up stays, with none left: what returns must find its place."""
    moved = (_moved(each, by) if each.template_id == template_id else each for each in window.consents)
    return replace(window, consents=tuple(moved))


def _moved(consent: Consent, by: int) -> Consent:
    return consent if consent.left is None else replace(consent, left=max(0, consent.left + by))


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
