"""The hub's other needs: reading of texts, and files."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

from scrm.model.analysis import Analysis, Category
from scrm.model.base import Record


class Analyser(Protocol):
    """Reads texts in another process. Started by the hub, restarted when it dies."""

    @property
    def model(self) -> str:
        """Version that `analyse` puts into each Analysis."""
        ...

    @property
    def taxonomy(self) -> Sequence[Category]: ...

    async def analyse(self, texts: Sequence[str]) -> list[Analysis | None]:
        """One reading a text, in order; None where the reader broke or ran out of time on that text.

        Never stalls the event loop, whatever the texts hold: each is cut to 2,000 characters and bounded in time.
        """
        ...

    async def start(self) -> None: ...

    async def close(self) -> None: ...


class TextCutter(Protocol):
    """Cuts texts for search, in this process: messages and questions alike. Pure, total, and linear in the text."""

    def fold(self, text: str) -> str:
        """One form for full and half width, capitals, traditional characters; as long as the text was, character for
        character, so that a find can be pointed at. Line breaks stay."""
        ...

    def words(self, folded: str) -> list[str]:
        """Each once: runs of letters and digits, and words of two Han characters or more."""
        ...

    def cut(self, folded: str) -> list[str]:
        """All of it in order, single Han characters too, without what is neither letter nor digit."""
        ...


class BlobInfo(Record, kw_only=True):
    """What is known of a file without reading it. size in bytes."""

    size: int
    media_type: str
    file_name: str | None = None


class BlobStore(Protocol):
    """Files, by an id the hub chose. Writing the same id again replaces it."""

    async def put(
        self, blob_id: str, data: bytes, media_type: str, file_name: str | None, *, uploaded: bool = False
    ) -> None:
        """uploaded: no message holds it yet, and perhaps none ever will; see `uploads`."""
        ...

    async def uploads(self, before: datetime, limit: int) -> list[str]:
        """Of those put as `uploaded` before then and not kept since, oldest first."""
        ...

    async def keep(self, blob_id: str) -> None:
        """A message holds it."""
        ...

    async def delete(self, blob_id: str) -> None: ...

    async def info(self, blob_id: str) -> BlobInfo | None: ...

    async def get(self, blob_id: str) -> bytes:
        """Raises NotFound."""
        ...

    def stream(self, blob_id: str, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """Bytes from start to before stop. Raises NotFound at the first step."""
        ...
