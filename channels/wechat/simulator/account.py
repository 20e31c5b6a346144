"""A simulated Official Account: what the platform knows of it, and what its owner pastes into the hub."""

import base64
import hashlib
import secrets

from channels.wechat.config import Mode
from channels.wx.crypto import MessageCipher, decode_aes_key
from scrm.model.base import Record


class Account(Record, kw_only=True):
    """form: `xml` or `json`, how pushes are written. original_id: the account's own handle, gh_…"""

    app_id: str = "wx5f1c0ffee0000001"
    app_secret: str = "5ec4e75ec4e75ec4e75ec4e75ec4e700"  # noqa: S105 - a made-up account's
    token: str = "simulatortoken"  # noqa: S105 - likewise
    encoding_aes_key: str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
    mode: Mode = Mode.SAFE
    form: str = "xml"
    original_id: str = "gh_5imu1at0r001"

    @property
    def cipher(self) -> MessageCipher:
        return MessageCipher(decode_aes_key(self.encoding_aes_key), self.app_id)

    def settings(self, api_base: str) -> dict[str, str]:
        """What the hub's channel needs, in the names of its settings."""
        return {
            "app_id": self.app_id,
            "app_secret": self.app_secret,
            "token": self.token,
            "encoding_aes_key": self.encoding_aes_key,
            "mode": str(self.mode),
            "api_base": api_base,
        }


def openid_of(app_id: str, user: str) -> str:
    """The openid of a made-up person: the same every time, different for every account, 28 characters."""
    digest = hashlib.sha256(f"{app_id}/{user}".encode()).digest()
    return "o" + base64.urlsafe_b64encode(digest).decode()[:27]


def new_media_id() -> str:
    return secrets.token_urlsafe(48)
