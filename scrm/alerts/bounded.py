"""Reading what somebody else answers: never more than was asked for, whatever it says about its length."""

from aiohttp import ClientResponse


async def bounded(response: ClientResponse, most: int) -> bytes:
    """The body, or its first `most` bytes; the rest is not read."""
    body = bytearray()
    while len(body) < most:
        piece = await response.content.read(most - len(body))
        if not piece:
            break
        body += piece
    return bytes(body)
