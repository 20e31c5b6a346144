"""Structured logs to standard error, one event a line, without secrets and without personal data.

Everything passes `redact`, the hub's own events and those of libraries. By key: secrets, phone numbers and addresses
become `***`; a customer's handle becomes a short digest, the same in every line, so that one customer's lines can be
found together (handles are long and random; a phone number could be guessed from its digest). In any text: phone
numbers, e-mail addresses, identity-card numbers, passwords in URLs and secrets in query strings are masked. Message
texts are not to be logged at all; their keys are dropped.
"""

import hashlib
import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

MASK = "***"
LONGEST = 2000  # characters of one value
_DEEPEST = 6

_SECRET_KEYS = re.compile(
    r"password|passwd|passphrase|secret|token|authorization|cookie|csrf|aes_?key|api_?key|private_?key|credential"
    r"|signature|session_id|^key$|phone|mobile|e_?mail|id_?card",
    re.IGNORECASE,
)
_HANDLE_KEYS = re.compile(r"open_?id|union_?id|external_?user_?id|^handle$|^user_name$", re.IGNORECASE)
_TEXT_KEYS = frozenset({"content", "text", "texts", "body", "payload", "raw", "message_text"})

_PHONE = re.compile(r"(?<![\dA-Za-z])(\+?86[- ]?)?(1[3-9]\d)[- ]?\d{4}[- ]?(\d{4})(?![\dA-Za-z])")
_IDENTITY_CARD = re.compile(r"(?<![\dA-Za-z])[1-9]\d{5}(?:19|20)\d{9}[\dXx](?![\dA-Za-z])")
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_URL_PASSWORD = re.compile(r"(?<=://)[^/\s@]{1,200}@")
_QUERY_SECRET = re.compile(r"((?:access_token|token|secret|password|key|signature)=)[^&\s\"']{1,500}", re.IGNORECASE)
_BEARER = re.compile(r"(Bearer|Basic)\s+[\w.~+/=-]{6,500}", re.IGNORECASE)
_OUR_TOKEN = re.compile(r"scrm_[\w-]{20,}")
# A Telegram bot's, which is part of every address of its API.
_BOT_TOKEN = re.compile(r"(?<!\d)\d{5,16}(?::|%3[Aa])[\w-]{30,64}")

_OUR_KEYS = frozenset({"event", "level", "logger", "timestamp"})


def configure(level: str = "info", form: str = "auto", stream: TextIO | None = None) -> None:
    """Every logger of the process from now on. form: `json`, `console`, or `auto` (console at a terminal)."""
    stream = stream or sys.stderr
    console = form == "console" or (form == "auto" and stream.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        place_of_exception,
        redact,
    ]
    last: Processor = (
        structlog.dev.ConsoleRenderer(colors=stream.isatty())
        if console
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared[:4],
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared[:5],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                place_of_exception,
                redact,
                last,
            ],
        )
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    # Libraries: what they do for each request is noise, and asyncio's debug lines hold arguments.
    for name in ("aiohttp.access", "pymongo", "asyncio", "jieba", "rjieba"):
        logging.getLogger(name).setLevel(logging.WARNING)


def place_of_exception(_logger: object, _method: str, event: EventDict) -> EventDict:
    """A processor: an exception becomes its type and where it happened. Its text may quote a customer, so it goes."""
    held = event.pop("exc_info", None)
    error = sys.exc_info()[1] if held is True else held[1] if isinstance(held, tuple) else held
    if isinstance(error, BaseException):
        frames = "".join(traceback.format_tb(error.__traceback__)[-8:])
        event["exception"] = f"{type(error).__qualname__} at\n{frames}"
    return event


def redact(_logger: object, _method: str, event: EventDict) -> EventDict:
    """A processor: the event without secrets and personal data."""
    return {key: _clean(key, value, 0) for key, value in event.items() if key not in _TEXT_KEYS}


def mask(text: str) -> str:
    """The text with phone numbers, addresses, identity numbers and secrets masked."""
    text = text[: LONGEST * 4]  # bounds the work; what is kept is cut below
    text = _URL_PASSWORD.sub(f"{MASK}@", text)
    text = _QUERY_SECRET.sub(rf"\g<1>{MASK}", text)
    text = _BEARER.sub(rf"\g<1> {MASK}", text)
    text = _OUR_TOKEN.sub(MASK, text)
    text = _BOT_TOKEN.sub(MASK, text)
    text = _IDENTITY_CARD.sub(MASK, text)
    text = _PHONE.sub(r"\g<2>****\g<3>", text)
    text = _EMAIL.sub(MASK, text)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def handle_digest(value: str) -> str:
    """What stands for a customer's handle in logs: the same for the same handle."""
    return "#" + hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()[:10]


def _clean(key: str, value: Any, depth: int) -> Any:
    if key not in _OUR_KEYS and value not in (None, "", True, False):
        if _SECRET_KEYS.search(key):
            return MASK
        if _HANDLE_KEYS.search(key):
            return handle_digest(str(value))
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return mask(value)
    if depth >= _DEEPEST:
        return "…"
    if isinstance(value, Mapping | MutableMapping):
        return {str(k): _clean(str(k), v, depth + 1) for k, v in value.items() if k not in _TEXT_KEYS}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean("", item, depth + 1) for item in value]
    return mask(str(value))
