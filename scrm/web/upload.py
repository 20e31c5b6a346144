"""One file of a multipart body, read within bounds."""

import asyncio

from aiohttp import BodyPartReader, web

from scrm.errors import Invalid, TooLarge
from scrm.web.problems import UnsupportedMediaType

_LINES = 64 * 1024  # what multipart puts around a file
_PATIENCE = 60.0  # seconds for the whole of it


def _said(size: int) -> str:
    return f"{size // 2**20} MB" if size >= 2**20 else f"{size // 2**10} KB"


async def one_file(request: web.Request, *, most: int) -> tuple[bytes, str]:
    """The field `file`: its bytes and its name. Raises Invalid, TooLarge."""
    if request.content_type != "multipart/form-data":
        raise UnsupportedMediaType("send the file as multipart/form-data, in the field `file`")
    too_large = TooLarge(f"a file has at most {_said(most)}")
    if request.content_length is not None and request.content_length > most + _LINES:
        raise too_large
    try:
        async with asyncio.timeout(_PATIENCE):
            async for part in await request.multipart():
                if not isinstance(part, BodyPartReader) or part.name != "file":
                    raise Invalid("only the field `file` is expected", field="file")
                data = bytearray()
                while chunk := await part.read_chunk(256 * 1024):
                    data += chunk
                    if len(data) > most:
                        raise too_large
                return bytes(data), (part.filename or "file")[-120:]
    except TimeoutError:
        raise Invalid("the upload took too long", field="file") from None
    except (ValueError, AssertionError, RuntimeError) as error:
        raise Invalid("this is not a multipart body", field="file") from error
    raise Invalid("the field `file` is missing", field="file")
