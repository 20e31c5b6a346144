"""The platform's error codes in the hub's words. Every one here means: surely not accepted.

Sources: developers.weixin.qq.com/doc/offiaccount/Getting_Started/Global_Return_Code.html;
.../Message_Management/Service_Center_messages.html (45015, 45047, 45002, 45080, 45081, 48001, 43004);
.../Basic_Information/getStableAccessToken.html (40125, 40164, 45009, 45011, 50004, 50007);
.../Subscription_Messages/api.html (43101: no consent; 47003: a field; 41030: the page; 40037: the template);
.../User_Management/User_Tag_Management.html (45056, 45058, 45059, 45157, 45158, 45159, 40032, 49003);
.../Custom_Menus/Creating_Custom-Defined_Menu.html (40015 to 40028, 40054, 40055, 46003, 65301 to 65318).
"""

from channels.wx.errors import Meaning
from channels.wx.errors import meaning_of as _all
from scrm.errors import SendErrorCode

TYPING_REPEATED = "45081"
NO_MENU = "46003"
TAG_NAME_TAKEN = "45157"

MEANINGS: dict[int, Meaning] = {
    -1: Meaning(code=SendErrorCode.PLATFORM_BUSY, retryable=True),
    **_all((40002, 40013, 40125, 41001, 41002, 41004, 42007, 50004, 50007), SendErrorCode.CREDENTIALS_REFUSED),
    # Another process may have put a newer token in place meanwhile: later can help.
    **dict.fromkeys((40001, 40014, 42001), Meaning(code=SendErrorCode.CREDENTIALS_REFUSED, retryable=True)),
    **_all((40164, 61004), SendErrorCode.ADDRESS_NOT_ALLOWED),
    **_all((40003, 46004), SendErrorCode.RECIPIENT_UNKNOWN),
    **_all((43004, 43019, 48002), SendErrorCode.BLOCKED_BY_CONTACT),
    **_all((40004, 40005, 40006, 40007, 40009, 40010, 40011, 40012), SendErrorCode.MEDIA_REFUSED),
    **_all((41005, 41006, 44001, 45001, 45007, 46001), SendErrorCode.MEDIA_REFUSED),
    **_all((40008,), SendErrorCode.UNSUPPORTED_CONTENT),
    **_all((44002, 44003, 44004, 45166, 87009, 87014), SendErrorCode.CONTENT_REFUSED),
    **_all((45002, 45003, 45004, 45005, 45006, 45008), SendErrorCode.TOO_LONG),
    **_all((45009,), SendErrorCode.DAILY_QUOTA),
    45011: Meaning(code=SendErrorCode.RATE_LIMITED, retryable=True, retry_after=60),
    45081: Meaning(code=SendErrorCode.RATE_LIMITED),
    **_all((45015, 45080), SendErrorCode.WINDOW_CLOSED),
    **_all((45047,), SendErrorCode.REPLIES_USED_UP),
    # The customer did not agree, took the consent back, or what was agreed to is used up.
    **_all((43101,), SendErrorCode.NO_CONSENT),
    **_all((40037, 41030, 47003), SendErrorCode.TEMPLATE_REFUSED),
    **_all((40032, 49003), SendErrorCode.RECIPIENT_UNKNOWN),
    **_all((45056, 45058, 45059, 45157, 45158, 45159), SendErrorCode.TAG_REFUSED),
    **_all((*range(40015, 40029), 40054, 40055), SendErrorCode.MENU_REFUSED),
    **_all((46003, *range(65301, 65319)), SendErrorCode.MENU_REFUSED),
    **_all((45064, 48001, 48004, 48008, 50001, 50002, 65400), SendErrorCode.NOT_PERMITTED),
}
