"""What web chat can do and what sets up one widget, as data."""

from collections.abc import Callable, Mapping

from scrm.model.channel import Capabilities, ChannelType, Setting
from scrm.model.message import ContentType
from scrm.model.site import WORKSPACE_HOURS, read_fields, read_hours, read_origins, read_zone
from scrm.ports.visitor import MAX_TEXT

MAX_FILE = 10 * 1024 * 1024
# Shown in place by every browser; anything else is sent as a file.
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")

CAPABILITIES = Capabilities(
    receives=(
        ContentType.TEXT,
        ContentType.IMAGE,
        ContentType.VOICE,
        ContentType.VIDEO,
        ContentType.FILE,
        ContentType.EVENT,
    ),
    sends=(ContentType.TEXT, ContentType.IMAGE, ContentType.VOICE, ContentType.VIDEO, ContentType.FILE),
    text_limit=MAX_TEXT,
    max_text=MAX_TEXT,
    media_limits=dict.fromkeys(("image", "voice", "video", "file"), MAX_FILE),
    media_types={"image": PICTURES},
    receipts=True,
    typing=True,
)

# One line without control characters.
_LINE = r"[^\x00-\x1f\x7f]{1,200}"
_LIST = r"[^\x00-\x1f\x7f\{\}]{1,2000}"


def _texts(name: str, zh: str, en: str, default: str, help_zh: str, help_en: str) -> tuple[Setting, Setting]:
    """A text in Chinese, and its English, which may be left to the widget."""
    return (
        Setting(
            name=name, label_zh=zh, label_en=en, required=False, pattern=_LINE, default=default,
            help_zh=help_zh, help_en=f"{help_en} At most 200 characters.",
        ),
        Setting(
            name=f"{name}_en", label_zh=f"{zh}（英文）", label_en=f"{en} (English)", required=False, pattern=_LINE,
            help_zh="英文访客看到的；不填则用内置英文。",
            help_en="For visitors who read English. At most 200 characters.",
        ),
    )  # fmt: skip


TYPE = ChannelType(
    type="webchat",
    name_zh="网页在线客服",
    name_en="Web chat",
    badge="网",
    color="#1f5eff",
    settings=(
        Setting(
            name="origins",
            label_zh="允许的网站",
            label_en="Allowed sites",
            pattern=_LIST,
            help_zh="可以放置挂件的网站，用空格分隔，如 https://shop.example.com https://*.example.com；"
            "self 表示本系统自己的页面。",
            help_en="Sites that may carry the widget, between spaces: https://shop.example.com https://*.example.com; "
            "self means pages of this hub.",
        ),
        Setting(
            name="secret",
            label_zh="签名密钥",
            label_en="Signing secret",
            secret=True,
            generated=True,
            pattern=r"[A-Za-z0-9_\-]{32,128}",
            help_zh="32 至 128 位英文、数字、- 或 _。网站的服务器用它为已登录的用户签名；更换后所有访客需要重新开始。",
            help_en="32 to 128 letters, digits, - or _. Your server signs your users' ids with it; changing it starts "
            "every visitor anew.",
        ),
        *_texts("title", "标题", "Title", "在线客服", "挂件顶部的名字。", "The name at the top of the widget."),
        *_texts(
            "welcome", "欢迎语", "Welcome", "您好，请问有什么可以帮您？",
            "打开挂件时看到的第一句话。", "The first line a visitor sees.",
        ),
        *_texts(
            "away", "离线提示", "Away text", "现在是非工作时间，请留言，我们上班后尽快回复您。",
            "非工作时间显示在留言表单上方。", "Stands above the form outside business hours.",
        ),
        *_texts(
            "agent_title", "客服称呼", "Agents are called", "客服",
            "没有设置对外名称的客服，访客看到的称呼。", "What visitors see of an agent without a public name.",
        ),
        Setting(
            name="hours",
            label_zh="工作时间",
            label_en="Business hours",
            required=False,
            pattern=_LIST,
            default=WORKSPACE_HOURS,
            help_zh="workspace（默认）与公司的工作时间一致，含节假日与调休；always 全天在线；"
            "也可自定，如 mon-fri 09:00-18:00; sat 10:00-16:00。",
            help_en="workspace (the default): the company's hours, with its holidays and make-up days; always: day and "
            "night; or its own, such as mon-fri 09:00-18:00; sat 10:00-16:00.",
        ),
        Setting(
            name="time_zone",
            label_zh="时区",
            label_en="Time zone",
            required=False,
            pattern=r"[A-Za-z0-9_+\-]{1,40}(/[A-Za-z0-9_+\-]{1,40}){0,2}",
            default="Asia/Shanghai",
            help_zh="自定工作时间所用的时区，如 Asia/Shanghai。",
            help_en="Of business hours of its own, such as Asia/Shanghai.",
        ),
        Setting(
            name="form",
            label_zh="聊天前表单",
            label_en="Form before the chat",
            required=False,
            pattern=r"[a-z! ,]{1,80}",
            help_zh="访客先填写的项目：name phone email company，必填的加 !，如 name! phone；不填表示直接开始。",
            help_en="What is asked first: name phone email company, ! after what is needed: name! phone. "
            "Empty: nothing.",
        ),
        Setting(
            name="rating", label_zh="满意度评价", label_en="Ask for a rating", choices=("on", "off"), default="on",
            help_zh="会话解决后请访客打分。", help_en="Once a conversation is resolved.",
        ),
        Setting(
            name="color", label_zh="主题色", label_en="Colour", required=False, pattern=r"#[0-9a-fA-F]{6}",
            default="#1f5eff", help_zh="如 #1f5eff。", help_en="Such as #1f5eff.",
        ),
        Setting(
            name="theme", label_zh="明暗", label_en="Light or dark", choices=("auto", "light", "dark"), default="auto",
            help_zh="auto 跟随访客的系统。", help_en="auto follows the visitor's system.",
        ),
        Setting(
            name="side", label_zh="位置", label_en="Side", choices=("right", "left"), default="right",
            help_zh="在页面的右下角或左下角。", help_en="Bottom right or bottom left of the page.",
        ),
        Setting(
            name="privacy_url", label_zh="隐私政策网址", label_en="Privacy notice", required=False,
            pattern=r"https?://[A-Za-z0-9._~:/?#@!$&'*+,;=%\-]{1,500}",
            help_zh="在表单下方链接给访客。", help_en="Linked below the form. An http or https address.",
        ),
    ),
    capabilities=CAPABILITIES,
)  # fmt: skip

_READERS: tuple[tuple[str, Callable[[str], object], str], ...] = (
    ("origins", read_origins, "This is no origin: {}. Write https://shop.example.com, without a path."),
    ("hours", read_hours, "This cannot be read: {}. Write workspace, always, or mon-fri 09:00-18:00; sat 10:00-16:00."),
    ("form", read_fields, "Write name phone email company, each once, ! after what is needed."),
    ("time_zone", read_zone, "There is no time zone {}."),
)


def problems(settings: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with settings that are each of the right form."""
    found: dict[str, str] = {}
    for name, read, sentence in _READERS:
        try:
            read(settings[name])
        except ValueError as error:
            found[name] = sentence.format(error)
    return found
