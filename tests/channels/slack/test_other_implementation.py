"""slack-sdk, which shares no code with ours, works the simulated workspace, believes its signatures, and hears its
events over its lines: so what our adapter meets here is what it meets at Slack."""

import asyncio
import json
import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import Clock as SdkClock
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from channels.slack import webhook
from channels.slack.simulator import Action, App, Fault, SlackSimulator
from scrm.errors import WebhookError
from scrm.ports.channel import VerifiedRequest
from tests.channels.conformance import NOW
from tests.channels.slack.kit import APP, GOOD, SlackKit, request

KIT = SlackKit()


@pytest.fixture
async def slack() -> AsyncIterator[SlackSimulator]:
    async with SlackSimulator() as simulator:
        yield simulator


def client(slack: SlackSimulator, token: str = APP.bot_token) -> AsyncWebClient:
    return AsyncWebClient(token=token, base_url=slack.api_base)


class Then(SdkClock):
    """The sdk's clock at the time of the fixtures."""

    def now(self) -> float:
        return NOW.timestamp()


def test_our_verify_and_its_verifier_agree() -> None:
    theirs = SignatureVerifier(APP.signing_secret, Then())
    timestamp = str(int(NOW.timestamp()))
    signed = theirs.generate_signature(timestamp=timestamp, body=GOOD)
    assert signed == webhook.signature(APP.signing_secret, timestamp, GOOD)
    assert isinstance(KIT.adapter().verify(request(GOOD, sign=str(signed))), VerifiedRequest)
    for case in KIT.refused:
        headers = dict(case.request.headers)
        if case.refusal not in ("bad_signature", "stale") or not re.fullmatch(
            "[0-9]{1,11}", headers["x-slack-request-timestamp"]
        ):
            continue  # it reads other digits, and fails over what is no number
        if not headers.get("x-slack-signature", "").isascii():
            continue  # which it cannot compare
        assert not theirs.is_valid_request(case.request.body, headers), case.name
        with pytest.raises(WebhookError):
            KIT.adapter().verify(case.request)


async def test_it_believes_every_push_and_every_try(slack: SlackSimulator) -> None:
    """A push that is tried again is signed anew, says which try it is, and is otherwise the same."""
    theirs = SignatureVerifier(APP.signing_secret)
    seen: list[tuple[bool, str | None, bytes]] = []

    async def hook(given: web.Request) -> web.Response:
        body = await given.read()
        seen.append((theirs.is_valid_request(body, dict(given.headers)), given.headers.get("X-Slack-Retry-Num"), body))
        if json.loads(body)["type"] == "url_verification":
            return web.Response(text=json.loads(body)["challenge"])
        return web.Response(status=500 if len(seen) == 2 else 200)

    application = web.Application()
    application.router.add_post("/hook", hook)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        slack.webhook = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        assert await slack.ask(slack.webhook, "x1") == (200, b"x1")
        await slack.act(Action(user="王芳", text="你好"))
        async with asyncio.timeout(10):
            await slack.wait_until(lambda: slack.pushes == [500, 200])
    finally:
        await runner.cleanup()
    assert [(valid, number) for valid, number, _ in seen] == [(True, None), (True, None), (True, "1")]
    assert seen[1][2] == seen[2][2]


async def test_it_works_the_web_api(slack: SlackSimulator) -> None:
    user = slack.workspace.user("王芳")
    sdk = client(slack)
    me = await sdk.auth_test()
    assert (me["team_id"], me["user_id"], me["bot_id"]) == (APP.team_id, APP.user, APP.bot_id)
    opened = await sdk.conversations_open(users=user)
    channel = opened["channel"]["id"]
    posted = await sdk.chat_postMessage(channel=channel, text="你好 &lt;b&gt;")
    assert (slack.sent[0].content, slack.sent[0].ts) == ("你好 <b>", posted["ts"])
    assert (await sdk.users_info(user=user))["user"]["profile"]["email"].endswith("@example.com")
    shared = await sdk.files_upload_v2(
        channel=channel, content=b"%PDF contract", filename="a.pdf", title="a.pdf", thread_ts=posted["ts"]
    )
    assert shared["files"][0]["title"] == "a.pdf"
    assert (slack.sent[1].data, slack.sent[1].thread) == (b"%PDF contract", posted["ts"])
    assert (await sdk.files_info(file=shared["files"][0]["id"]))["file"]["name"] == "a.pdf"


async def test_it_reads_the_refusals(slack: SlackSimulator) -> None:
    for call, error in (
        (client(slack).chat_postMessage(channel="C404", text="a"), "channel_not_found"),
        (client(slack, "xoxb-wrong-token").auth_test(), "invalid_auth"),
        (client(slack).api_call("no.such_method"), "unknown_method"),
    ):
        with pytest.raises(SlackApiError) as caught:
            await call
        assert caught.value.response["error"] == error
    slack.inject(Fault(name="chat.postMessage", code="ratelimited", retry_after=7))
    with pytest.raises(SlackApiError) as caught:
        await client(slack).chat_postMessage(channel="C404", text="a")
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "7")


async def test_it_hears_over_a_line_and_its_acknowledgements_count() -> None:
    async with SlackSimulator(App(), delivery="socket_mode") as slack:
        heard: list[SocketModeRequest] = []

        async def hear(sdk: AsyncBaseSocketModeClient, given: SocketModeRequest) -> None:
            heard.append(given)
            await sdk.send_socket_mode_response({"envelope_id": given.envelope_id})

        sdk = SocketModeClient(app_token=APP.app_token, web_client=client(slack))
        sdk.socket_mode_request_listeners.append(hear)
        try:
            await sdk.connect_to_new_endpoint()
            await slack.say("王芳", "你好")
            async with asyncio.timeout(10):
                await slack.wait_until(lambda: len(slack.api.acknowledged) == 1)
        finally:
            await sdk.close()
    assert [each.type for each in heard] == ["events_api"]
    assert heard[0].payload["event"]["text"] == "你好"
    assert slack.api.waiting == {}
