"""Is this push the platform's, and what does it tell of this number? Pure; raises only WebhookError."""

from collections.abc import Sequence
from functools import partial

from channels.meta import payloads
from channels.meta.signed import checked
from channels.whatsapp.config import WhatsAppConfig
from channels.whatsapp.payloads import push_of, things_of
from scrm.ports.channel import Challenge, VerifiedRequest, WebhookRequest


def verify(request: WebhookRequest, config: WhatsAppConfig) -> Challenge | VerifiedRequest:
    found = checked(request, app_secret=config.app_secret, verify_token=config.verify_token)
    if isinstance(found, Challenge):
        return found
    return payloads.verified(found, request.received_at, partial(things_of, phone_number_id=config.phone_number_id))


def split(request: VerifiedRequest, config: WhatsAppConfig) -> Sequence[VerifiedRequest]:
    number = config.phone_number_id
    return payloads.split(request, partial(things_of, phone_number_id=number), partial(push_of, phone_number_id=number))
