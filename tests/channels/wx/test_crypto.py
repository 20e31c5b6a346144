"""Signature and cipher against the platform's published vector and against wechatpy, in both directions."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException

from channels.wx.crypto import CryptoError, MessageCipher, decode_aes_key, signature, signature_holds

KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
APP_ID = "wxb11529c136998cb6"
CIPHER = MessageCipher(decode_aes_key(KEY), APP_ID)
VECTOR = "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="


def test_the_platforms_vector() -> None:
    assert CIPHER.encrypt("我是中文abcd123".encode(), b"aaaabbbbccccdddd") == VECTOR
    assert CIPHER.decrypt(VECTOR).decode() == "我是中文abcd123"


@given(st.binary(max_size=200), st.binary(min_size=16, max_size=16))
def test_what_is_encrypted_comes_back(message: bytes, random: bytes) -> None:
    assert CIPHER.decrypt(CIPHER.encrypt(message, random)) == message


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=120))
def test_wechatpy_reads_ours_and_we_read_wechatpys(text: str) -> None:
    theirs = WeChatCrypto("token", KEY, APP_ID)
    stamp, nonce = "1409304348", "xxxxxx"
    ours = CIPHER.encrypt(text.encode(), b"0123456789abcdef")
    signed = signature("token", stamp, nonce, ours)
    assert theirs.decrypt_message({"Encrypt": ours}, signed, stamp, nonce) == text
    envelope = theirs.encrypt_message(text, nonce, stamp)
    encrypted = envelope.split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    assert envelope.count(signature("token", stamp, nonce, encrypted)) == 1
    assert CIPHER.decrypt(encrypted).decode() == text


def test_another_accounts_message_is_refused_by_both() -> None:
    foreign = MessageCipher(decode_aes_key(KEY), "wx_other").encrypt(b"<xml/>", b"0123456789abcdef")
    with pytest.raises(CryptoError):
        CIPHER.decrypt(foreign)
    with pytest.raises(InvalidAppIdException):
        theirs = WeChatCrypto("token", KEY, APP_ID)
        theirs.decrypt_message({"Encrypt": foreign}, signature("token", "1", "n", foreign), "1", "n")


@given(st.binary(max_size=128))
def test_nothing_but_a_crypto_error_comes_of_garbage(data: bytes) -> None:
    for encoded in (base64.b64encode(data).decode(), data.decode("latin-1")):
        with pytest.raises(CryptoError):
            CIPHER.decrypt(encoded)


@pytest.mark.parametrize(
    "padded",
    [b"", b"\x00" * 32, b"a" * 31 + b"\x21", b"a" * 30 + b"\x01\x02", b"a" * 16 + b"\xff" * 4 + b"b" * 11 + b"\x01"],
    ids=["nothing", "padding 0", "padding 33", "padding that differs", "a length past the end"],
)
def test_padding_and_length_are_checked(padded: bytes) -> None:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    key = decode_aes_key(KEY)
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    with pytest.raises(CryptoError):
        CIPHER.decrypt(base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode())


@pytest.mark.parametrize("spoilt", [VECTOR + "\n", VECTOR[:-1], "!" + VECTOR[1:], VECTOR + "=", "", "é" * 88])
def test_base64_is_strict(spoilt: str) -> None:
    with pytest.raises(CryptoError):
        CIPHER.decrypt(spoilt)


def test_an_empty_token_never_verifies() -> None:
    assert signature_holds(signature("secret", "1", "2"), "secret", "1", "2")
    assert not signature_holds(signature("", "1", "2"), "", "1", "2")
    assert not signature_holds("", "secret", "1", "2")


@pytest.mark.parametrize("key", ["", "short", "a" * 42, "a" * 44, "!" * 43])
def test_a_key_has_its_form(key: str) -> None:
    with pytest.raises(ValueError, match="EncodingAESKey"):
        decode_aes_key(key)
