"""Signature and encryption of pushes (WXBizMsgCrypt), fail-closed: whatever is not exactly right is refused.

Own code on `cryptography` rather than wechatpy's: that one leaves padding and lengths unchecked, compares signatures
with `!=` and raises a dozen kinds of exception. Checked against the platform's vector and wechatpy, both ways.
Source: developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/Technical_Plan.html
"""

import base64
import binascii
import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 32  # the platform pads to 32 bytes, not to AES's 16
_RANDOM = 16
_LENGTH = 4


class CryptoError(Exception):
    """An encrypted part that is not what the platform makes. Says nothing of why: an oracle helps only attackers."""


def signature(token: str, *parts: str) -> str:
    """SHA-1, in hex, of the token and the parts, sorted and joined."""
    joined = "".join(sorted((token, *parts)))
    # The platform's algorithm; the secret token is what makes it hold.
    return hashlib.sha1(joined.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def signature_holds(given: str, token: str, *parts: str) -> bool:
    """In constant time. An empty token never verifies: everybody knows it."""
    if not token:
        return False
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), signature(token, *parts).encode())


class MessageCipher:
    """AES-256-CBC of `random(16) + length(4) + message + receiver`, as the platform does it. key: 32 bytes."""

    def __init__(self, key: bytes, receiver: str) -> None:
        if len(key) != 32:
            raise ValueError("the key has 32 bytes")
        self._cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16]))
        self._receiver = receiver.encode()

    def encrypt(self, message: bytes, random: bytes) -> str:
        """random: 16 fresh random bytes."""
        if len(random) != _RANDOM:
            raise ValueError("16 random bytes")
        plain = random + len(message).to_bytes(_LENGTH) + message + self._receiver
        padding = _BLOCK - len(plain) % _BLOCK
        encryptor = self._cipher.encryptor()
        data = encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()
        return base64.b64encode(data).decode()

    def decrypt(self, encoded: str) -> bytes:
        """Raises CryptoError."""
        try:
            data = base64.b64decode(encoded.encode("ascii"), validate=True)
        except (UnicodeEncodeError, binascii.Error) as error:
            raise CryptoError from error
        if not data or len(data) % _BLOCK:
            raise CryptoError
        decryptor = self._cipher.decryptor()
        plain = _unpadded(decryptor.update(data) + decryptor.finalize())
        start = _RANDOM + _LENGTH
        if len(plain) < start:
            raise CryptoError
        end = start + int.from_bytes(plain[_RANDOM:start])
        if end > len(plain) or not hmac.compare_digest(plain[end:], self._receiver):
            raise CryptoError
        return plain[start:end]


def _unpadded(plain: bytes) -> bytes:
    count = plain[-1]
    if not 1 <= count <= _BLOCK or plain[-count:] != bytes([count]) * count:
        raise CryptoError
    return plain[:-count]


def decode_aes_key(encoded: str) -> bytes:
    """The 32 bytes that an EncodingAESKey (Base64 without its final `=`) stands for. Raises ValueError.

    Not strict about the last character: the platform's generated keys may carry two stray bits there.
    """
    try:
        key = base64.b64decode(encoded + "=", altchars=None, validate=True)
    except binascii.Error as error:
        raise ValueError("an EncodingAESKey is Base64") from error
    if len(key) != 32:
        raise ValueError("an EncodingAESKey has 43 characters")
    return key
