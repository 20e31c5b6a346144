"""Is this push the platform's, and what does it tell of this page? Pure; raises only WebhookError."""

from collections.abc import Sequence
from functools import partial

from channels.messenger.config import MessengerConfig
from channels.messenger.payloads import push_of, things_of
from channels.meta import payloads
from channels.meta.signed import checked
from scrm.ports.channel import Challenge, VerifiedRequest, WebhookRequest


def verify(request: WebhookRequest, config: MessengerConfig) -> Challenge | VerifiedRequest:
    found = checked(request, app_secret=config.app_secret, verify_token=config.verify_token)
    if isinstance(found, Challenge):
        return found
    return payloads.verified(found, request.received_at, partial(things_of, page_id=config.page_id))


def split(request: VerifiedRequest, config: MessengerConfig) -> Sequence[VerifiedRequest]:
    page = config.page_id
    return payloads.split(request, partial(things_of, page_id=page), partial(push_of, page_id=page))
