"""The folder that customers' mail comes into: its pages, its files, and the wait for more.

A page is asked for from a place: the folder's UIDVALIDITY, the last UID that was taken, and the day of it. One that
was numbered anew is read again from two days before that day; the journal's keys see to it that nothing doubles. The
folder is opened for reading only, so that people may work in it beside the hub.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from email.message import Message

from channels.email import events, markup, mime
from channels.email.config import EmailConfig
from channels.email.events import Source
from channels.email.imap import Folder, Imap, ImapError, Value
from scrm.clock import Clock
from scrm.errors import ParseError, SendError, SendErrorCode
from scrm.model.base import Record
from scrm.ports.abilities import Heard, Pulled
from scrm.ports.channel import FetchedMedia, VerifiedRequest

# Mails a page, and bytes of them.
PAGE = 20
PAGE_BYTES = 32 * 1024 * 1024
# Of a larger mail the beginning is read: its head, and most likely its text.
MAX_MAIL = 48 * 1024 * 1024
KEPT_OF_LARGER = 1024 * 1024
# From here on a mail is taken apart beside the event loop.
LARGE = 512 * 1024
LISTEN_SECONDS = 25.0
AGAIN = timedelta(days=2)
# A person does not write faster; a program that answers a program does.
FLOOD, FLOOD_TIME = 20, timedelta(minutes=10)
MOST_SENDERS = 1000

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PASSING = ("[UNAVAILABLE]", "[INUSE]", "[SERVERBUG]", "[LIMIT]")


class Place(Record, kw_only=True):
    """validity 0: nowhere yet."""

    validity: int = 0
    uid: int = 0
    day: str = ""

    @classmethod
    def read(cls, cursor: str) -> "Place":
        numbers = cursor.split(".")
        if len(numbers) != 3 or not all(each.isascii() and each.isdigit() and len(each) < 12 for each in numbers):
            return cls()
        return cls(validity=int(numbers[0]), uid=int(numbers[1]), day=numbers[2])

    def __str__(self) -> str:
        return f"{self.validity}.{self.uid}.{self.day}"


class Mailbox:
    def __init__(self, config: EmailConfig, clock: Clock, *, patience: float, listen_seconds: float = LISTEN_SECONDS):
        self._config = config
        self._clock = clock
        self._patience = patience
        self._listen_seconds = listen_seconds
        self._line: Imap | None = None
        self._tells = True  # the server can say by itself that something came; as far as is known
        self._lately: dict[str, deque[datetime]] = {}

    @property
    def account(self) -> str:
        imap = self._config.imap
        return f"{imap.user}@{imap.host}:{imap.port}/{self._config.folder}"

    async def page(self, cursor: str) -> Pulled:
        """Raises SendError."""
        place = Place.read(cursor)
        async with self._open() as (line, folder):
            if place.validity != folder.validity:
                place = await self._beginning(line, folder, place)
            waiting = [uid for uid in await line.search("UID", f"{place.uid + 1}:*") if uid > place.uid]
            requests, last = await self._taken(line, folder.validity, waiting[:PAGE])
            at = Place(validity=folder.validity, uid=last or place.uid, day=_day(self._clock.now()))
            return Pulled(requests=requests, cursor=str(at), more=bool(waiting) and at.uid < waiting[-1])

    async def _beginning(self, line: Imap, folder: Folder, before: Place) -> Place:
        """Where to read from when the folder is met for the first time, or is numbered anew."""
        since: datetime | None = None
        if before.day:
            since = datetime.strptime(before.day, "%Y%m%d").replace(tzinfo=self._clock.now().tzinfo) - AGAIN
        elif self._config.history_days:
            since = self._clock.now() - timedelta(days=self._config.history_days)
        found = await line.search("SINCE", f"{since.day}-{_MONTHS[since.month - 1]}-{since.year}") if since else []
        if found:
            return Place(validity=folder.validity, uid=found[0] - 1)
        # Where the server does not say which number is next, the last one does.
        newest = folder.next_uid - 1 if folder.next_uid else max(await line.search("ALL"), default=0)
        return Place(validity=folder.validity, uid=newest)

    async def _taken(self, line: Imap, validity: int, uids: Sequence[int]) -> tuple[tuple[VerifiedRequest, ...], int]:
        """The mails, and the last UID that is done with."""
        if not uids:
            return (), 0
        sizes = {
            uid: _number(found.get("RFC822.SIZE")) for uid, found in (await line.fetch(uids, "RFC822.SIZE")).items()
        }
        requests: list[VerifiedRequest] = []
        read = last = 0
        for uid in uids:
            size = min(sizes.get(uid, 0), MAX_MAIL)
            if requests and read + size > PAGE_BYTES:
                break
            if uid in sizes and (raw := await self._raw(line, uid, sizes[uid])):
                requests.append(await self._kept(raw, validity, uid))
                read += len(raw)
            last = uid
        return tuple(requests), last

    async def _raw(self, line: Imap, uid: int, size: int) -> bytes:
        item = "BODY.PEEK[]" if size <= MAX_MAIL else f"BODY.PEEK[]<0.{KEPT_OF_LARGER}>"
        found = (await line.fetch([uid], item)).get(uid, {})
        return next(
            (value for name, value in found.items() if name.startswith("BODY[") and isinstance(value, bytes)), b""
        )

    async def _kept(self, raw: bytes, validity: int, uid: int) -> VerifiedRequest:
        now = self._clock.now()
        if len(raw) < LARGE:
            request = events.kept(raw, validity, uid, now)
        else:
            request = await asyncio.to_thread(events.kept, raw, validity, uid, now)
        if self._floods(request.handle, now):
            request = events.marked_flood(request)
        return request

    def _floods(self, handle: str, now: datetime) -> bool:
        """Whether the sender has written more than a person would; what this process saw is enough to break a loop."""
        times = self._lately.setdefault(handle, deque(maxlen=FLOOD))
        full = len(times) == FLOOD and now - times[0] < FLOOD_TIME
        times.append(now)
        if len(self._lately) > MOST_SENDERS:
            self._lately.pop(next(iter(self._lately)))
        return full and bool(handle)

    # Files

    async def file(self, place: Source, limit: int) -> FetchedMedia:
        """Raises SendError: TOO_LONG, MEDIA_REFUSED where the mail or the part is gone."""
        async with self._open() as (line, folder):
            uid = await self._found(line, folder, place)
            part = await self._part(line, uid, place.part, limit)
            if mime.media_type(part) == "text/html" and not mime.is_file(part):
                return await self._page_of(line, uid, place, part, limit)
            data = await asyncio.to_thread(mime.data_of, part)
            if len(data) > limit:
                raise SendError(SendErrorCode.TOO_LONG, detail=f"larger than {limit} bytes")
            kind = mime.media_type(part)
            return FetchedMedia(data=data, media_type=kind, file_name=mime.file_name(part, kind, place.part))

    async def _found(self, line: Imap, folder: Folder, place: Source) -> int:
        if place.validity == folder.validity:
            return place.uid
        if not place.message_id:
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail="the folder was numbered anew")
        quoted = place.message_id.replace("\\", "\\\\").replace('"', '\\"')
        found = await line.search("HEADER", "Message-ID", f'"{quoted}"')
        if not found:
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail="the mail is gone from the folder")
        return found[-1]

    async def _part(self, line: Imap, uid: int, number: str, limit: int) -> Message:
        """A part with its head, read as a mail of its own."""
        most = limit * 3 // 2 + 4096  # base64 makes three bytes four, and lines of them
        asked = (f"BODY.PEEK[{number}.MIME]", "BODY.PEEK[HEADER]", f"BODY.PEEK[{number}]<0.{most}>")
        found = (await line.fetch([uid], *asked)).get(uid, {})
        body = next((_bytes(value) for name, value in found.items() if name.startswith(f"BODY[{number}]")), b"")
        if not found or not body:
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail="the mail is gone from the folder")
        if len(body) >= most:
            raise SendError(SendErrorCode.TOO_LONG, detail=f"larger than {limit} bytes")
        head = _bytes(found.get(f"BODY[{number}.MIME]"))
        if number == "1" and b":" not in head:  # a mail of one part: its head is the mail's
            head = _bytes(found.get("BODY[HEADER]"))
        try:
            return await asyncio.to_thread(mime.read, head.strip(b"\r\n") + b"\r\n\r\n" + body)
        except ParseError as error:
            raise SendError(SendErrorCode.MEDIA_REFUSED, detail=str(error)) from None

    async def _page_of(self, line: Imap, uid: int, place: Source, part: Message, limit: int) -> FetchedMedia:
        """The markup, safe to look at, with its pictures in it as far as there is room for them."""
        html = mime.body_text(part)
        pictures: dict[str, tuple[str, bytes]] = {}
        left = min(limit, 8 * 1024 * 1024)
        for cid, number in list(place.pictures.items())[: markup.MAX_PICTURES]:
            if f"cid:{cid}".lower() not in html.lower():
                continue
            try:
                found = await self._part(line, uid, number, left)
            except SendError:
                continue
            data = mime.data_of(found)
            left -= len(data)
            if left < 0:
                break
            pictures[cid] = (mime.media_type(found), data)
        page = await asyncio.to_thread(markup.page, html, pictures)
        if len(page) > limit:
            page = await asyncio.to_thread(markup.page, html, {})
        if len(page) > limit:
            raise SendError(SendErrorCode.TOO_LONG, detail=f"larger than {limit} bytes")
        return FetchedMedia(data=page, media_type="text/html", file_name=events.ORIGINAL)

    # Waiting

    async def hear(self) -> Heard:
        """Wait until something came, half a minute at most. A line that is new tells at once: what came meanwhile is
        waiting. Raises SendError."""
        try:
            if not self._tells:  # the page that is asked for every minute has to do
                await self._clock.sleep(self._listen_seconds)
                return self._heard(came=False)
            if self._line is None:
                self._line = await self._opened()
                await self._line.examine(self._config.folder)
                self._tells = self._line.can_idle
                if not self._tells:
                    self.close()
                return self._heard(came=True)
            return self._heard(came=await self._line.idle(self._listen_seconds))
        except ImapError as error:
            self.close()
            raise _refused(error) from None
        except BaseException:
            self.close()
            raise

    def _heard(self, *, came: bool) -> Heard:
        return Heard(requests=(events.notice(self.account, self._clock.now()),) if came else ())

    def close(self) -> None:
        if self._line is not None:
            self._line.abort()
            self._line = None

    async def look(self) -> str:
        """The folder in a line: its name, how many mails it holds, and whether the server tells of new ones."""
        async with self._open() as (line, folder):
            return f"{self._config.folder}: {folder.messages}" + (" · IDLE" if line.can_idle else "")

    async def _opened(self) -> Imap:
        return await Imap.open(self._config.imap, self._patience)

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[tuple[Imap, Folder]]:
        """A line of its own, with the folder open. Raises SendError."""
        try:
            line = await self._opened()
            try:
                yield line, await line.examine(self._config.folder)
            except BaseException:
                line.abort()
                raise
            await line.close()
        except ImapError as error:
            raise _refused(error) from None


def _refused(error: ImapError) -> SendError:
    """Everything asked of a folder can be asked again, so it is certain."""
    detail = f"IMAP {error.command}: {error.text}".strip()
    if not error.refused:
        return SendError(SendErrorCode.UNREACHABLE, retryable=True, detail=detail)
    if any(word in error.text.upper() for word in _PASSING):
        return SendError(SendErrorCode.PLATFORM_BUSY, retryable=True, detail=detail)
    if error.command in ("LOGIN", "AUTHENTICATE"):
        return SendError(SendErrorCode.CREDENTIALS_REFUSED, detail=detail)
    if error.command == "EXAMINE":
        return SendError(SendErrorCode.NOT_PERMITTED, detail=detail)
    return SendError(SendErrorCode.PLATFORM_ERROR, retryable=True, detail=detail)


def _bytes(value: Value) -> bytes:
    return value if isinstance(value, bytes) else b""


def _number(value: Value) -> int:
    return int(value) if isinstance(value, bytes) and value.isdigit() and len(value) < 12 else 0


def _day(now: datetime) -> str:
    return now.strftime("%Y%m%d")
