"""Phrases facts through an endpoint that speaks OpenAI's chat completions, where the workspace has set one up.

Off unless an administrator switched it on. It is given the hub's own sentences about counts, never a customer's words
or a person's name; it has 20 seconds and 64 KiB for its answer; and what it answers stands only if it obeys the rule of
`claims`. Otherwise, and whenever it cannot be reached, the template's sentences stand.
"""

from datetime import UTC, datetime
from typing import Literal

import msgspec
import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout

from scrm.alerts import claims
from scrm.alerts.bounded import bounded
from scrm.alerts.claims import Fact, Phrased
from scrm.model.base import Record
from scrm.model.incidents import Sentence
from scrm.model.notices import Locale
from scrm.ports.stores import Stores

log = structlog.get_logger(__name__)

SETTING, KEY = "phrasing", "phrasing_key"
TIMEOUT = 20.0
MOST_ANSWER = 64 * 1024
_FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)

_TASK = {
    "zh-CN": "你是客服舆情分析员。下面是已核实的事实，每条有编号。请用中文写成一段连贯的摘要，"
    "每句话注明用到的事实编号。"
    "只能使用事实里出现的数字，数字用阿拉伯数字，不得换算，不得推测原因，不得添加任何事实里没有的内容。",
    "en": "You are an analyst of customer service. Below are verified facts, each with its id. Write a coherent "
    "summary in English; for each sentence name the facts it uses. Use only numbers that occur in the facts, in "
    "digits, without conversion; do not guess causes and add nothing that is not in the facts.",
}
_FORM = 'Answer with JSON only: {"sentences":[{"text":"…","facts":["f1"]}]}'


class PhrasingSettings(Record, kw_only=True):
    """base_url: what `/chat/completions` is appended to. The key is kept apart, sealed."""

    enabled: bool = False
    base_url: str = ""
    model: str = ""


class Text(Record, kw_only=True):
    sentences: tuple[Sentence, ...]
    by: Literal["template", "model"] = "template"


class _Answer(Record, kw_only=True):
    sentences: tuple[Phrased, ...] = ()


class _Said(Record, kw_only=True):
    content: str = ""


class _Choice(Record, kw_only=True):
    message: _Said


class _Completion(Record, kw_only=True):
    choices: tuple[_Choice, ...] = ()


class Phrasing:
    def __init__(self, stores: Stores, session: ClientSession, *, timeout: float = TIMEOUT) -> None:
        self._stores = stores
        self._session = session
        self._timeout = timeout

    async def settings(self) -> PhrasingSettings:
        stored = await self._stores.workspace.get(SETTING)
        return msgspec.json.decode(stored, type=PhrasingSettings) if stored else PhrasingSettings()

    async def has_key(self) -> bool:
        held = await self._stores.tokens.get(KEY)
        return held is not None and bool(held[0])

    async def save(self, settings: PhrasingSettings, key: str | None) -> None:
        """key None: stays as it is; "": taken away."""
        if key is not None:
            await self._stores.tokens.put(KEY, key, _FOR_EVER)
        await self._stores.workspace.put(SETTING, msgspec.json.encode(settings).decode())

    async def text(self, facts: list[Fact], locale: Locale) -> Text:
        """The facts as sentences, each with its evidence."""
        facts = facts[: claims.MOST_FACTS]
        standing = Text(sentences=claims.template(facts))
        settings = await self.settings()
        if not settings.enabled or not standing.sentences:
            return standing
        phrased = await self._ask(settings, facts, locale)
        sentences = claims.checked(phrased, facts) if phrased is not None else None
        if sentences is None:
            log.info("phrasing.template_stands", answered=phrased is not None)
            return standing
        return Text(sentences=sentences, by="model")

    async def _ask(self, settings: PhrasingSettings, facts: list[Fact], locale: Locale) -> tuple[Phrased, ...] | None:
        key = await self._stores.tokens.get(KEY)
        known = "\n".join(f"{fact.id}: {fact.said}" for fact in facts if fact.cites)
        body = {
            "model": settings.model,
            "temperature": 0,
            "max_tokens": 1_000,
            "response_format": {"type": "json_object"},
            "messages": [
                {"role": "system", "content": f"{_TASK[locale]}\n{_FORM}"},
                {"role": "user", "content": known},
            ],
        }
        headers = {"Content-Type": "application/json"}
        if key is not None and key[0]:
            headers["Authorization"] = f"Bearer {key[0]}"
        try:
            async with self._session.post(
                f"{settings.base_url.rstrip('/')}/chat/completions",
                data=msgspec.json.encode(body),
                headers=headers,
                allow_redirects=False,
                timeout=ClientTimeout(total=self._timeout),
            ) as response:
                if response.status != 200:
                    log.info("phrasing.refused", status=response.status)
                    return None
                return _read(await bounded(response, MOST_ANSWER + 1))
        except (TimeoutError, ClientError, OSError, ValueError) as error:
            log.info("phrasing.unreachable", error=type(error).__name__)
            return None


def _read(raw: bytes) -> tuple[Phrased, ...] | None:
    if len(raw) > MOST_ANSWER:
        return None
    try:
        completion = msgspec.json.decode(raw, type=_Completion)
        if not completion.choices:
            return None
        return msgspec.json.decode(completion.choices[0].message.content, type=_Answer).sentences
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
