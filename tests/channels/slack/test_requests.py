"""What the adapter asks of Slack: whom a token is shown to, where an answer goes, and what a check finds."""

import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, web
from msgspec.structs import replace

from channels import CHANNEL_TYPES
from channels.slack.adapter import SlackAdapter
from channels.slack.config import is_slacks
from channels.slack.simulator import App, Fault, SlackSimulator
from channels.slack.webhook import MAX_KEPT, of_event
from scrm.clock import ManualClock
from scrm.errors import Invalid, ParseError, SendError, SendErrorCode
from scrm.ids import MessageId
from scrm.model.message import ContentType
from scrm.ports.channel import (
    ChannelEvent,
    IncomingMessage,
    MediaRef,
    OutboundFile,
    OutboundMessage,
    PlatformEvent,
    VerifiedRequest,
)
from tests.channels.conformance import NOW, MemoryTokens, make_adapter, picture, text
from tests.channels.slack.kit import (
    APP,
    BLOCKS,
    CHANNEL,
    DIRECT,
    EDITED,
    GONE,
    OURS,
    TS,
    USER,
    SlackKit,
    changed,
    in_channel,
    inner,
    message,
    reaction,
    request,
    said,
    wrapped,
)

KIT = SlackKit()
BASE = "https://slack.com/api"
ROOT = "1795130000.000100"


@pytest.fixture
async def slack() -> AsyncIterator[SlackSimulator]:
    async with SlackSimulator(clock=ManualClock(NOW)) as simulator:
        simulator.workspace.user("王芳")
        yield simulator


@pytest.fixture
async def adapter(slack: SlackSimulator) -> AsyncIterator[SlackAdapter]:
    async with ClientSession() as session:
        yield made(slack, session)


def made(slack: SlackSimulator, session: ClientSession, **changes: str) -> SlackAdapter:
    found = make_adapter("slack", slack.settings() | changes, session, MemoryTokens(), ManualClock(NOW))
    assert isinstance(found, SlackAdapter)
    return found


def events(body: bytes, **settings: str) -> list[ChannelEvent]:
    adapter = KIT.adapter(**settings)
    found = adapter.verify(request(body))
    return list(adapter.parse(found))  # type: ignore[arg-type]


# Where the token goes


@pytest.mark.parametrize(
    "address, ours",
    [
        ("https://files.slack.com/files-pri/T1-F1/a.png", True),
        ("https://slack-files.com/T1-F1-x", True),
        ("https://acme.enterprise.slack.com/x", True),
        ("https://FILES.SLACK.COM/x", True),
        ("https://files.slack.com:443/x", True),
        ("wss://wss-primary.slack.com/link/?ticket=1", True),
        ("http://files.slack.com/x", False),
        ("ws://wss-primary.slack.com/link/", False),
        ("https://files.slack.com:8443/x", False),
        ("https://slack.com.example.com/x", False),
        ("https://evilslack.com/x", False),
        ("https://slack.com@example.com/x", False),
        ("https://example.com\\@slack.com/x", False),
        ("https://example.com#.slack.com", False),
        ("https://example.com/?x=.slack.com", False),
        ("https://[::1]/x", False),
        ("https://[", False),
        ("https://slack.com:x/", False),
        ("http://169.254.169.254/latest", False),
        ("file:///etc/passwd", False),
        ("//slack.com/x", False),
        ("https://files.slack.com\t.example.com/x", False),
        ("https://files.slack.com/a b", False),
        ("", False),
    ],
)
def test_whose_address_it_is(address: str, ours: bool) -> None:
    assert is_slacks(address, BASE) is ours


async def test_the_token_is_shown_to_nobody_else(adapter: SlackAdapter, slack: SlackSimulator) -> None:
    """A message may name any address; the hub's own network, and redirects, are no way out either."""
    seen: list[str] = []

    async def elsewhere(given: web.Request) -> web.Response:
        seen.append(given.headers.get("Authorization", ""))
        return web.Response(body=b"x")

    application = web.Application()
    application.router.add_route("*", "/{any:.*}", elsewhere)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}/files-pri/T1-F1/a.png"
    try:
        with pytest.raises(SendError) as caught:
            await adapter.fetch_media(MediaRef(source=address), 100)
        assert caught.value.code is SendErrorCode.MEDIA_REFUSED
        own = slack.workspace.keep_file(b"x", "image/png", "a.png")["url_private"]
        slack.inject(Fault(name="files-pri", status=302, headers={"Location": address}))
        with pytest.raises(SendError) as caught:
            await adapter.fetch_media(MediaRef(source=own), 100)
        assert caught.value.code is SendErrorCode.MEDIA_REFUSED
        assert "files:read" in caught.value.detail
        # Nor where a file is put.
        slack.inject(
            Fault(
                name="files.getUploadURLExternal",
                body=b'{"ok":true,"file_id":"F1","upload_url":"%s"}' % address.encode(),
            )
        )
        with pytest.raises(SendError) as caught:
            await adapter.send(picture(slack.workspace.user("王芳")))
        assert caught.value.code is SendErrorCode.MEDIA_REFUSED
    finally:
        await runner.cleanup()
    assert seen == []


async def test_a_page_to_sign_in_is_not_a_picture(adapter: SlackAdapter, slack: SlackSimulator) -> None:
    file = slack.workspace.keep_file(b"x", "image/png", "a.png")
    slack.inject(Fault(name="files-pri", body=b"<html>", headers={"Content-Type": "text/html; charset=utf-8"}))
    with pytest.raises(SendError) as caught:
        await adapter.fetch_media(MediaRef(source=file["url_private"], media_type="image/png"), 100)
    assert (caught.value.code, caught.value.retryable) == (SendErrorCode.MEDIA_REFUSED, False)


async def test_a_file_without_an_address_is_asked_for(adapter: SlackAdapter, slack: SlackSimulator) -> None:
    file = slack.workspace.keep_file(b"contract", "application/pdf", "合同.pdf")
    fetched = await adapter.fetch_media(MediaRef(source=file["id"]), 100)
    assert (fetched.data, fetched.media_type) == (b"contract", "application/pdf")
    bare = f"{slack.url}/files-pri/T0WORKSPACE-{file['id']}/合同.pdf"  # not percent-encoded
    assert (await adapter.fetch_media(MediaRef(source=bare), 100)).data == b"contract"
    with pytest.raises(SendError) as caught:
        await adapter.fetch_media(MediaRef(source="F404"), 100)
    assert caught.value.platform_code == "file_not_found"


async def test_no_token_and_no_ticket_reaches_a_log_or_an_error(
    slack: SlackSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    for library in ("aiohttp", "asyncio"):
        caplog.set_level(logging.DEBUG, library)
    async with ClientSession() as session:
        adapter = made(slack, session, delivery="socket_mode")
        told = ""
        for fault in (Fault(name="link", status=403), Fault(name="apps.connections.open", body=APP.app_token.encode())):
            slack.inject(fault)
            with pytest.raises(SendError) as caught:
                await adapter.listen("")
            told += str(caught.value) + caught.value.detail + caught.value.platform_code
        slack.inject(Fault(name="chat.postMessage", body=f'{{"ok":false,"error":"{"x" * 500}"}}'.encode()))
        with pytest.raises(SendError) as caught:
            await adapter.send(text(slack.workspace.user("王芳"), "a"))
        assert len(caught.value.platform_code) == 100
    assert not any(secret in told + caplog.text for secret in (APP.bot_token, APP.app_token, "ticket="))


# Where an answer goes


def answer(recipient: str, content: str = "好的", **more: Any) -> OutboundMessage:
    return OutboundMessage(
        message_id=MessageId("m1"), part=0, recipient=recipient, content_type=ContentType.TEXT, content=content, **more
    )


async def test_an_answer_goes_where_the_customer_wrote(adapter: SlackAdapter, slack: SlackSimulator) -> None:
    workspace = slack.workspace
    user, place = workspace.user("王芳"), workspace.channel("售后")
    direct = workspace.direct(user)
    await adapter.send(answer(user))
    await adapter.send(answer(user, answers={"channel": direct, "thread": ROOT}))
    await adapter.send(answer(user, reply_to=f"{direct} {TS}", answers={"channel": direct}))
    await adapter.send(answer(user, reply_to=f"{direct} {TS} {ROOT}", answers={"channel": direct}))
    in_thread = await adapter.send(answer(f"{user} {place}", answers={"channel": place, "thread": ROOT}))
    await adapter.send(answer(f"{user} {place}", "a <@U1> & b"))
    found = [(each.channel, each.thread, each.raw) for each in slack.sent]
    assert found == [
        (direct, "", "好的"),
        (direct, ROOT, "好的"),
        (direct, TS, "好的"),
        (direct, ROOT, "好的"),
        (place, ROOT, "好的"),
        (place, "", f"<@{user}> a &lt;@U1&gt; &amp; b"),
    ]
    assert in_thread.external_id == f"{place} {slack.sent[4].ts} {ROOT}"


async def test_what_was_said_alone_is_never_answered_in_a_channel(adapter: SlackAdapter, slack: SlackSimulator) -> None:
    """Whatever comes with it: the recipient says which of the two it is."""
    user, place = slack.workspace.user("王芳"), slack.workspace.channel("售后")
    await adapter.send(answer(f"{user} {place}", answers={"channel": slack.workspace.direct(user)}))
    assert slack.sent[0].channel == place


async def test_a_file_is_put_and_shared(adapter: SlackAdapter, slack: SlackSimulator) -> None:
    user = slack.workspace.user("王芳")
    file = OutboundFile(data=b"%PDF" * 100, media_type="application/pdf", file_name='../a "合同".pdf')
    message = OutboundMessage(
        message_id=MessageId("m1"), part=1, recipient=user, content_type=ContentType.FILE, file=file,
        answers={"channel": slack.workspace.direct(user), "thread": ROOT},
    )  # fmt: skip
    assert (await adapter.send(message)).external_id == ""
    [sent] = slack.sent
    assert (sent.kind, sent.file_name, sent.data, sent.thread) == ("file", "a '合同'.pdf", file.data, ROOT)


@pytest.mark.parametrize(
    "fault, code, certain",
    [
        (Fault(name="files.getUploadURLExternal", code="file_uploads_disabled"), "not_permitted", True),
        (Fault(name="files.getUploadURLExternal", code="storage_limit_reached"), "media_refused", True),
        (Fault(name="files.getUploadURLExternal", status=500), "platform_error", True),
        (Fault(name="upload", status=500), "platform_error", True),
        (Fault(name="upload", status=413), "media_refused", True),
        (Fault(name="files.completeUploadExternal", code="not_in_channel"), "not_permitted", True),
        (Fault(name="files.completeUploadExternal", code="internal_error"), "platform_error", False),
        (Fault(name="files.completeUploadExternal", status=502), "platform_error", False),
    ],
)
async def test_a_file_that_goes_wrong_half_way(
    adapter: SlackAdapter, slack: SlackSimulator, fault: Fault, code: str, certain: bool
) -> None:
    slack.inject(fault)
    with pytest.raises(SendError) as caught:
        await adapter.send(picture(slack.workspace.user("王芳")))
    assert (caught.value.code, caught.value.certain) == (code, certain)
    assert slack.sent == []


@pytest.mark.parametrize("name", ["fatal_error", "internal_error"])
async def test_of_errors_that_may_be_half_done_nobody_knows(
    adapter: SlackAdapter, slack: SlackSimulator, name: str
) -> None:
    slack.inject(Fault(name="chat.postMessage", code=name))
    with pytest.raises(SendError) as caught:
        await adapter.send(text(slack.workspace.user("王芳"), "a"))
    assert (caught.value.certain, caught.value.retryable, caught.value.platform_code) == (False, False, name)


async def test_a_limit_says_how_long(adapter: SlackAdapter, slack: SlackSimulator) -> None:
    slack.inject(Fault(name="chat.postMessage", code="ratelimited", retry_after=7))
    with pytest.raises(SendError) as caught:
        await adapter.send(text(slack.workspace.user("王芳"), "a"))
    assert (caught.value.retryable, caught.value.retry_after) == (True, 7)


# Who there is


async def test_a_profile_has_what_slack_tells(adapter: SlackAdapter, slack: SlackSimulator) -> None:
    user, place = slack.workspace.user("王芳"), slack.workspace.channel("售后")
    profile = await adapter.fetch_profile(user)
    assert (profile.name, profile.language) == ("王芳", "zh-CN")
    assert profile.email == f"{user.lower()}@example.com"
    assert str(profile.avatar_url).startswith("https://")
    assert (await adapter.fetch_profile(f"{user} {place}")).name == "王芳（#售后）"
    slack.workspace.app = replace(APP, scopes=("users:read", "channels:read"))
    assert (await adapter.fetch_profile(user)).email is None
    slack.inject(Fault(name="conversations.info", code="missing_scope"))
    assert (await adapter.fetch_profile(f"{user} {place}")).name == "王芳"


async def test_a_check_says_what_to_mend(slack: SlackSimulator) -> None:
    async with ClientSession() as session:
        adapter = made(slack, session)
        await adapter.check()
        assert await adapter.describe() == "模拟工作区 · @客服 · U0SCRMBOT"
        for changes, code, words in (
            ({"bot_token": "xoxb-another-token"}, SendErrorCode.CREDENTIALS_REFUSED, ""),
            ({"delivery": "socket_mode", "app_token": "xapp-another-token"}, SendErrorCode.CREDENTIALS_REFUSED, ""),
        ):
            with pytest.raises(SendError) as caught:
                await made(slack, session, **changes).check()  # type: ignore[arg-type]
            assert caught.value.code is code
            assert words in caught.value.detail
        await made(slack, session, delivery="socket_mode").check()
        slack.inject(Fault(name="apps.connections.open", code="ratelimited"))
        await made(slack, session, delivery="socket_mode").check()
        slack.inject(Fault(name="auth.test", body=b'{"ok":true,"user_id":"U1","team":"a"}'))
        with pytest.raises(SendError, match="credentials_refused"):
            await adapter.check()
        slack.workspace.app = replace(App(), scopes=("chat:write", "im:history"))
        with pytest.raises(SendError) as caught:
            await adapter.check()
        assert (
            caught.value.detail
            == "the app lacks the scopes im:write, users:read, files:read, files:write, channels:history"
        )
        with pytest.raises(SendError) as caught:
            await adapter.fetch_profile(slack.workspace.user("王芳"))
        assert caught.value.detail == "the app lacks the scope users:read"


def test_settings_that_need_each_other() -> None:
    complete = KIT.settings()
    for changes, wrong in (
        ({"signing_secret": ""}, "signing_secret"),
        ({"delivery": "socket_mode", "app_token": ""}, "app_token"),
        ({"api_base": "http://:1"}, "api_base"),
    ):
        with pytest.raises(Invalid) as caught:
            CHANNEL_TYPES.normalise_settings("slack", complete | changes)  # type: ignore[operator]
        assert set(caught.value.extra["errors"]) == {wrong}  # type: ignore[call-overload]
    CHANNEL_TYPES.normalise_settings("slack", complete | {"delivery": "socket_mode", "signing_secret": ""})


# What comes to nothing, and what is kept of what is too large


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(said(bot_id="B1"), id="a bot"),
        pytest.param(said(subtype="bot_message", user=None), id="a bot as of old"),
        pytest.param(said(user=APP.user), id="the app itself"),
        pytest.param(said(user="USLACKBOT"), id="Slackbot"),
        pytest.param(in_channel("nobody is meant"), id="a channel"),
        pytest.param(in_channel("<@U999> is meant"), id="somebody else"),
        pytest.param(in_channel(f"{OURS}", subtype="channel_join"), id="who came in"),
        pytest.param(in_channel(f"<@{APP.user}9> a"), id="an id that begins alike"),
        pytest.param(changed(inner("x", attachments=[{"text": "preview"}]), inner("x")), id="a link's preview"),
        pytest.param(changed(inner("x", edited=EDITED), inner("x", edited=EDITED)), id="a preview of an edited one"),
        pytest.param(changed(inner("x", bot_id="B1", edited=EDITED), inner("y", bot_id="B1")), id="a bot's edit"),
        pytest.param(changed(GONE, inner("x", bot_id="B1")), id="a bot's deletion"),
        pytest.param(
            wrapped(
                {"type": "message", "subtype": "message_deleted", "channel": DIRECT, "channel_type": "im", "ts": TS}
            ),
            id="a deletion that does not say of what",
        ),
        pytest.param(said(subtype="message_replied"), id="that a thread grows"),
        pytest.param(reaction(item={"type": "message", "channel": CHANNEL, "ts": TS}), id="a reaction in a channel"),
        pytest.param(reaction(item={"type": "file", "file": "F1"}), id="a reaction to a file"),
        pytest.param(
            wrapped({"type": "app_home_opened", "user": USER, "channel": DIRECT, "event_ts": TS}), id="looking"
        ),
        pytest.param(wrapped({"type": "team_join", "user": {"id": USER}, "event_ts": TS}), id="of the workspace"),
        pytest.param(b'{"type":"app_rate_limited","team_id":"T1"}', id="a limit"),
    ],
)
def test_comes_to_nothing_and_leaves_nothing(body: bytes) -> None:
    adapter = KIT.adapter()
    found = adapter.verify(request(body))
    assert isinstance(found, VerifiedRequest)
    assert list(adapter.parse(found)) == []
    assert (found.body, found.handle) == (b'{"type":"not_for_us"}', "")
    assert found.dedupe_key == of_event(body, NOW).dedupe_key


def test_channels_as_the_settings_say() -> None:
    plain, mention = in_channel("你好"), in_channel(f"{OURS} 你好")
    assert [len(events(plain, channels=each)) for each in ("never", "mentioned", "all")] == [0, 0, 1]
    assert [len(events(mention, channels=each)) for each in ("never", "mentioned", "all")] == [0, 1, 1]


def test_what_follows_in_a_thread_counts_where_the_thread_is_ours() -> None:
    """Which the hub knows, and the event does not say."""
    [event] = events(in_channel("好的", thread_ts=ROOT, parent_user_id=USER))
    assert isinstance(event, IncomingMessage)
    assert event.within == f"{CHANNEL} {ROOT}"
    follows = inner("好的", thread_ts=ROOT, edited=EDITED)
    [edit] = events(changed(follows, inner("好", thread_ts=ROOT), channel=CHANNEL, channel_type="channel"))
    assert isinstance(edit, IncomingMessage)
    assert (edit.within, edit.edited_at is None) == (f"{CHANNEL} {ROOT}", False)
    for body in (
        in_channel(f"{OURS} 好的", thread_ts=ROOT, parent_user_id=USER),
        in_channel("好的", thread_ts=ROOT, parent_user_id=APP.user),
        said("好的", thread_ts=ROOT, parent_user_id=USER),
    ):
        [event] = events(body)
        assert isinstance(event, IncomingMessage)
        assert event.within == ""
    assert events(in_channel("好的", thread_ts=ROOT), channels="never") == []
    assert events(in_channel("好的", thread_ts=TS)) == []  # the one that a thread begins with


def test_a_message_and_its_mention_are_one() -> None:
    """Slack tells both where the app has subscribed to both."""
    message, mention = (
        in_channel(f"{OURS} 在吗"),
        wrapped({"type": "app_mention", "user": USER, "text": f"{OURS} 在吗", "ts": TS, "channel": CHANNEL}, "Ev2"),
    )
    [one], [other] = events(message), events(mention)
    assert one.external_id == other.external_id
    assert of_event(message, NOW).dedupe_key == of_event(mention, NOW).dedupe_key
    nobody = json.loads(message) | {"authorizations": []}  # then only the mention shows whom it means
    assert of_event(json.dumps(nobody).encode(), NOW).dedupe_key != of_event(mention, NOW).dedupe_key


def test_an_event_that_is_large_and_deep_is_kept_as_it_came() -> None:
    deep: object = "x" * MAX_KEPT
    for _ in range(700):
        deep = [deep]
    body = wrapped(message(metadata2=deep))
    kept = of_event(body, NOW)
    assert (kept.body, kept.handle) == (body[:MAX_KEPT], "")
    with pytest.raises(ParseError):
        KIT.adapter().parse(kept)


def test_an_event_that_is_too_large_keeps_its_text() -> None:
    long = "好" * 12_000
    kept = of_event(said(long, blocks=BLOCKS * 500, attachments=[{"text": long}] * 30), NOW)
    assert len(kept.body) <= MAX_KEPT
    [event] = KIT.adapter().parse(kept)
    assert not isinstance(event, PlatformEvent)
    assert event.content.startswith("好" * 8000)  # type: ignore[union-attr]
