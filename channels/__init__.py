"""One folder a channel type. The list is explicit: nothing registers itself by being imported."""

from channels.email import DEFINITION as EMAIL
from channels.line import DEFINITION as LINE
from channels.messenger import DEFINITION as MESSENGER
from channels.registry import Registry
from channels.satori import DEFINITION as SATORI
from channels.slack import DEFINITION as SLACK
from channels.telegram import DEFINITION as TELEGRAM
from channels.webchat import DEFINITION as WEBCHAT
from channels.wechat import DEFINITION as WECHAT
from channels.wecom import DEFINITION as WECOM
from channels.weibo import DEFINITION as WEIBO
from channels.whatsapp import DEFINITION as WHATSAPP

CHANNEL_TYPES = Registry((WECHAT, WECOM, WEBCHAT, TELEGRAM, WHATSAPP, MESSENGER, EMAIL, LINE, SLACK, SATORI, WEIBO))
