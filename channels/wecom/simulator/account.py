"""A simulated customer service account, and what its owner pastes into the hub."""

import base64
import hashlib

from channels.wx.crypto import MessageCipher, decode_aes_key
from scrm.model.base import Record


class Account(Record, kw_only=True):
    """One account of a company. Accounts of one company share everything but `open_kfid` and `name`."""

    corp_id: str = "ww5f1c0ffee0000001"
    secret: str = "5imu1ated-secret-of-the-customer-service-app"  # noqa: S105 - a made-up company's
    open_kfid: str = "wk5imu1at0rAAAA0001"
    name: str = "模拟客服"
    token: str = "simulatortoken"  # noqa: S105 - likewise
    encoding_aes_key: str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
    welcome: str = ""

    @property
    def cipher(self) -> MessageCipher:
        return MessageCipher(decode_aes_key(self.encoding_aes_key), self.corp_id)

    def settings(self, api_base: str) -> dict[str, str]:
        """What the hub's channel needs, in the names of its settings."""
        return {
            "corp_id": self.corp_id,
            "secret": self.secret,
            "open_kfid": self.open_kfid,
            "token": self.token,
            "encoding_aes_key": self.encoding_aes_key,
            "welcome": self.welcome,
            "api_base": api_base,
        }


def customer_id(corp_id: str, user: str) -> str:
    """The external_userid of a made-up person: the same every time, different for every company."""
    digest = hashlib.sha256(f"{corp_id}/{user}".encode()).digest()
    return "wm" + base64.urlsafe_b64encode(digest).decode()[:30]
