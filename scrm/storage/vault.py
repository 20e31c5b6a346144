"""Secrets at rest: AES-256-GCM under a key that is not in the database.

A sealed value is bound to its place (collection and record id): moved into another record it does not open.
Form: one byte of version, four bytes that name the key, twelve of nonce, then the ciphertext with its tag.
"""

import hashlib
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from scrm.errors import StartupError

KEY_BYTES = 32
_VERSION = b"\x01"
_KEY_ID_BYTES = 4
_NONCE_BYTES = 12
_HEAD = 1 + _KEY_ID_BYTES


class VaultError(Exception):
    """A sealed value does not open: another key, another place, or damage. Never holds the value."""


class Vault:
    """Seals with the first key, opens with any: to rotate, put the new key first and save everything again."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise StartupError("The key that seals secrets must be exactly 32 bytes long.")
        self._ciphers = {_key_id(key): AESGCM(key) for key in keys}
        self.key_id = _key_id(keys[0])

    def seal(self, secret: bytes, place: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        head = _VERSION + self.key_id
        return head + nonce + self._ciphers[self.key_id].encrypt(nonce, secret, head + place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        head, nonce = sealed[:_HEAD], sealed[_HEAD : _HEAD + _NONCE_BYTES]
        cipher = self._ciphers.get(head[1:])
        if head[:1] != _VERSION or cipher is None:
            raise VaultError(f"{place} was sealed with a key this hub does not have")
        try:
            return cipher.decrypt(nonce, sealed[_HEAD + _NONCE_BYTES :], head + place.encode())
        except (InvalidTag, ValueError) as error:
            raise VaultError(f"{place} is damaged or was moved") from error


def load_or_create_key(path: Path) -> bytes:
    """The key in the file, made at the first start, readable by its owner only. Raises StartupError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Made aside and linked into place, so that two first starts agree and none reads half a key.
        aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        if not path.exists():
            handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(aside, path)
            except FileExistsError:
                pass
            finally:
                aside.unlink()
        key = path.read_bytes()
    except OSError as error:
        raise StartupError(f"The key file {path} cannot be read or made: {error.strerror}.") from error
    if len(key) != KEY_BYTES:
        raise StartupError(f"The key file {path} is damaged: it must hold exactly {KEY_BYTES} bytes.")
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)
    return key


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"scrm key id" + key).digest()[:_KEY_ID_BYTES]
