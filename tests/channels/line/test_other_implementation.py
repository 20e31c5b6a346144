"""line-bot-sdk, LINE's own, which shares no line with ours, on both sides: its client against our simulator, its parser
against what our simulator pushes, and events it writes against what our adapter reads."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

pytest.importorskip("linebot")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

from linebot.v3.messaging import (  # noqa: E402 - where it is installed
    ApiException,
    AsyncApiClient,
    AsyncMessagingApi,
    AsyncMessagingApiBlob,
    AudioMessage,
    Configuration,
    ImageMessage,
    PushMessageRequest,
    ReplyMessageRequest,
    SetWebhookEndpointRequest,
    ShowLoadingAnimationRequest,
    TextMessage,
    VideoMessage,
)
from linebot.v3.webhook import SignatureValidator, WebhookParser  # noqa: E402
from linebot.v3.webhooks import (  # noqa: E402
    DeliveryContext,
    EventMode,
    FollowDetail,
    FollowEvent,
    LocationMessageContent,
    MessageEvent,
    StickerMessageContent,
    TextMessageContent,
    UnsendDetail,
    UnsendEvent,
    UserSource,
)

from channels.line import events, webhook  # noqa: E402
from channels.line.config import Groups  # noqa: E402
from channels.line.simulator import Account, Action, LineSimulator  # noqa: E402
from channels.line.simulator.acts import PICTURE, SAMPLES  # noqa: E402
from scrm.ports.channel import IncomingMessage, PlatformEvent, VerifiedRequest  # noqa: E402
from tests.channels.line.kit import AT, EVENT, USER, push, request  # noqa: E402

KEY = "123e4567-e89b-12d3-a456-426614174000"
SECRET = Account().channel_secret


@pytest.fixture
async def simulator() -> AsyncIterator[LineSimulator]:
    async with LineSimulator() as running:
        yield running


@pytest.fixture
async def api(simulator: LineSimulator) -> AsyncIterator[AsyncMessagingApi]:
    configuration = Configuration(host=simulator.url, access_token=simulator.platform.account.access_token)
    async with AsyncApiClient(configuration) as client:
        yield AsyncMessagingApi(client)


async def test_its_client_works_our_simulator(simulator: LineSimulator, api: AsyncMessagingApi) -> None:
    fang = simulator.platform.user("王芳")
    me = await api.get_bot_info()
    assert (me.user_id, me.display_name) == (Account().user_id, Account().name)
    assert (await api.get_profile(fang)).display_name == "王芳"
    event = await simulator.say("王芳", "你好")
    quoted = event["message"]["quoteToken"]
    token = event["replyToken"]
    messages = [TextMessage(text="在的", quoteToken=quoted)]
    answered = await api.reply_message(ReplyMessageRequest(replyToken=token, messages=messages))
    assert answered.sent_messages[0].id == simulator.sent[0].id
    assert simulator.sent[0].quoted == event["message"]["id"]
    files = [
        ImageMessage(originalContentUrl="https://x.example/a.png", previewImageUrl="https://x.example/b.png"),
        VideoMessage(originalContentUrl="https://x.example/a.mp4", previewImageUrl="https://x.example/b.png"),
        AudioMessage(originalContentUrl="https://x.example/a.m4a", duration=1000),
    ]
    whole = PushMessageRequest(to=fang, messages=files)
    first = await api.push_message(whole, x_line_retry_key=KEY)
    assert [each.type for each in simulator.sent] == ["text", "image", "video", "audio"]
    with pytest.raises(ApiException) as caught:  # the same key: nothing is sent again
        await api.push_message(whole, x_line_retry_key=KEY)
    assert caught.value.status == 409
    assert "x-line-accepted-request-id" in {name.lower() for name in caught.value.headers}
    assert json.loads(caught.value.body)["sentMessages"][0]["id"] == first.sent_messages[0].id
    assert len(simulator.sent) == 4
    assert ((await api.get_message_quota()).value, (await api.get_message_quota_consumption()).total_usage) == (200, 3)
    await api.show_loading_animation(ShowLoadingAnimationRequest(chatId=fang, loadingSeconds=5))
    assert simulator.platform.typing == [(fang, 5)]
    await api.set_webhook_endpoint(SetWebhookEndpointRequest(endpoint="https://scrm.example.com/hooks/1"))
    assert (await api.get_webhook_endpoint()).endpoint == "https://scrm.example.com/hooks/1"
    image = await simulator.act(Action(user="王芳", type="image"))
    blob = AsyncMessagingApiBlob(api.api_client)
    assert bytes(await blob.get_message_content(image["message"]["id"])) == PICTURE
    assert (await blob.get_message_content_transcoding_by_message_id(image["message"]["id"])).status == "succeeded"
    with pytest.raises(ApiException) as caught:
        await api.reply_message(ReplyMessageRequest(replyToken=token, messages=[TextMessage(text="再")]))
    assert (caught.value.status, json.loads(caught.value.body)["message"]) == (400, "Invalid reply token")


async def test_it_reads_every_event_our_simulator_makes(simulator: LineSimulator) -> None:
    kinds = [*SAMPLES, "text", "location", "sticker", "follow", "unblock", "unfollow", "unsend", "postback", "beacon",
             "accountLink", "videoPlayComplete", "membership"]  # fmt: skip
    for kind in kinds:
        await simulator.act(
            Action(user="王芳", type=kind, text="ok", title="标题", message="1", waits=kind != kinds[-1])
        )
    [waiting] = simulator.waiting
    body = json.dumps({"destination": Account().user_id, "events": waiting}).encode()
    signed = webhook.signature(body, SECRET)
    parser = WebhookParser(SECRET)
    read = parser.parse(body.decode(), signed)
    assert [each.type for each in read] == [each["type"] for each in waiting]
    assert not any(type(each).__name__ in ("UnknownEvent", "Event") for each in read)
    assert not SignatureValidator(SECRET).validate(body.decode() + " ", signed)
    found = webhook.verify(request(body), SECRET)
    assert isinstance(found, VerifiedRequest)
    things = webhook.split(found)
    assert [thing.dedupe_key for thing in things] == [f"event:{each.webhook_event_id}" for each in read]
    assert all(len(events.parse(thing, Groups.MENTIONED)) == 1 for thing in things)


def written(form: type[Any], **fields: Any) -> dict[str, Any]:
    made = form(
        source=UserSource(userId=USER),
        timestamp=int(AT.timestamp() * 1000),
        mode=EventMode.ACTIVE,
        webhookEventId=EVENT,
        deliveryContext=DeliveryContext(isRedelivery=False),
        **fields,
    )
    return dict(json.loads(made.to_json()))


@pytest.mark.parametrize(
    "content, kind, text",
    [
        (TextMessageContent(id="1", text="你好", quoteToken="q"), "text", "你好"),
        (LocationMessageContent(id="1", title="台北101", latitude=25.03, longitude=121.56), "location", "台北101"),
        (StickerMessageContent(id="1", packageId="1", stickerId="2", stickerResourceType="MESSAGE", quoteToken="q",
                               text="辛苦了"), "image", "辛苦了"),
    ],
)  # fmt: skip
def test_we_read_what_it_writes(content: Any, kind: str, text: str) -> None:
    found = webhook.verify(request(push(written(MessageEvent, replyToken="t", message=content))), SECRET)
    assert isinstance(found, VerifiedRequest)
    [event] = events.parse(found, Groups.NEVER)
    assert isinstance(event, IncomingMessage)
    assert (event.content_type, event.content, event.external_id, event.sent_at) == (kind, text, "1", AT)


def test_we_read_its_other_events() -> None:
    followed = written(FollowEvent, replyToken="t", follow=FollowDetail(isUnblocked=True))
    taken_back = written(UnsendEvent, unsend=UnsendDetail(messageId="325708"))
    found = webhook.verify(request(push(followed, taken_back)), SECRET)
    assert isinstance(found, VerifiedRequest)
    follow, unsend = events.parse(found, Groups.NEVER)
    assert isinstance(follow, PlatformEvent)
    assert isinstance(unsend, PlatformEvent)
    assert (follow.event, follow.subscribed, unsend.details["message"]) == ("follow", True, "325708")
