"""What an account does beside messages: tags, QR codes, the menu, templates. Limits as data and sentences; the calls.

Sources: developers.weixin.qq.com/doc/offiaccount/ — User_Management/User_Tag_Management.html (100 tags, names of 30
bytes, 20 tags a person), Account_Management/Generating_a_Parametric_QR_Code.html (a scene of 1 to 64 characters, at
most 30 days, 100,000 permanent ones), Custom_Menus/Creating_Custom-Defined_Menu.html (3 and 5 buttons, names of 16
and 60 bytes, keys of 128, addresses of 1,024).
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from aiohttp import ClientSession

from channels.transport import MEDIA_TIMEOUT
from channels.wechat.config import DEFAULT_API_BASE
from channels.wechat.error_codes import MEANINGS, NO_MENU, TAG_NAME_TAKEN
from channels.wx.api import TokenApi
from channels.wx.transport import Answer, Call, fetch
from scrm.clock import Clock
from scrm.errors import SendError, SendErrorCode
from scrm.model.account import MenuButton
from scrm.ports.abilities import PlatformQr, PlatformTag
from scrm.ports.channel import FetchedMedia

# Made by the platform itself, and not to be given or taken: 0 none, 1 blocked, 2 starred.
SYSTEM_TAGS = frozenset({0, 1, 2})
MAX_TAG_NAME = 30
MAX_SCENE = 64
LONGEST_QR = timedelta(days=30)
SHORTEST_QR = timedelta(minutes=1)
MAX_PICTURE = 1024 * 1024
MAX_BUTTONS, MAX_CHILDREN = 3, 5
MAX_NAME, MAX_CHILD_NAME = 16, 60
MAX_KEY, MAX_URL = 128, 1024
# A menu of eighteen buttons with addresses, and what the platform adds to each.
MENU_ANSWER = 128 * 1024
# The platform's words for what a button does, and what each must have.
NEEDS: dict[str, tuple[str, ...]] = {
    "click": ("key",),
    "view": ("url",),
    "miniprogram": ("app_id", "page_path", "url"),
    "scancode_push": ("key",),
    "scancode_waitmsg": ("key",),
    "pic_sysphoto": ("key",),
    "pic_photo_or_album": ("key",),
    "pic_weixin": ("key",),
    "location_select": ("key",),
    "media_id": ("media_id",),
    "article_id": ("media_id",),
    "article_view_limited": ("media_id",),
}
MENU_FIELDS = {"key": "key", "url": "url", "app_id": "appid", "page_path": "pagepath"}


class AccountTools:
    def __init__(self, api: TokenApi, session: ClientSession, clock: Clock, base: str) -> None:
        """base: of the API. The platform shows QR pictures at another host; a simulator or proxy at its own."""
        self._api = api
        self._session = session
        self._clock = clock
        self._pictures = "https://mp.weixin.qq.com" if base == DEFAULT_API_BASE else base

    # Tags

    async def tags(self) -> Sequence[PlatformTag]:
        answer = await self._api.get("/cgi-bin/tags/get")
        found = [_tag(item) for item in _objects(answer, "tags")]
        return [tag for tag in found if tag is not None and tag.id not in map(str, SYSTEM_TAGS)]

    async def create_tag(self, name: str) -> PlatformTag:
        if len(name.encode("utf-8", "replace")) > MAX_TAG_NAME:
            raise SendError(SendErrorCode.TAG_REFUSED, detail=f"a tag's name has at most {MAX_TAG_NAME} bytes")
        try:
            answer = await self._api.post("/cgi-bin/tags/create", {"tag": {"name": name}})
        except SendError as error:
            known = next((tag for tag in await self.tags() if tag.name == name), None)
            if error.platform_code == TAG_NAME_TAKEN and known is not None:
                return known
            raise
        made = _tag(answer.get("tag"))
        if made is None:
            raise SendError(SendErrorCode.PLATFORM_ERROR, detail="no tag in the answer")
        return made

    async def put_tag(self, tag_id: str, openid: str, *, on: bool) -> None:
        path = "/cgi-bin/tags/members/batchtagging" if on else "/cgi-bin/tags/members/batchuntagging"
        await self._api.post(path, {"tagid": int(tag_id), "openid_list": [openid]})

    # QR codes

    async def make_qr_code(self, scene: str, lasts: timedelta | None) -> PlatformQr:
        body: dict[str, object] = {"action_info": {"scene": {"scene_str": scene}}}
        if lasts is None:
            body["action_name"] = "QR_LIMIT_STR_SCENE"
        else:
            body |= {"action_name": "QR_STR_SCENE", "expire_seconds": int(lasts.total_seconds())}
        asked_at = self._clock.now()
        answer = await self._api.post("/cgi-bin/qrcode/create", body)
        ticket, url, life = answer.get("ticket"), answer.get("url"), answer.get("expire_seconds")
        if not isinstance(ticket, str) or not 0 < len(ticket) <= 512:
            raise SendError(SendErrorCode.PLATFORM_ERROR, detail="no ticket in the answer")
        expires_at = None
        if lasts is not None:
            expires_at = asked_at + (timedelta(seconds=life) if type(life) is int and 0 < life < 2**31 else lasts)
        return PlatformQr(ticket=ticket, url=url[:500] if isinstance(url, str) else "", expires_at=expires_at)

    async def qr_picture(self, ticket: str) -> FetchedMedia:
        call = Call(
            method="GET",
            address=self._pictures + "/cgi-bin/showqrcode",
            query={"ticket": ticket},
            timeout=MEDIA_TIMEOUT,
            meanings=MEANINGS,
        )
        found = await fetch(self._session, call, MAX_PICTURE)
        if not isinstance(found, FetchedMedia) or found.media_type not in ("image/jpeg", "image/jpg", "image/png"):
            raise SendError(SendErrorCode.PLATFORM_ERROR, retryable=True, detail="not a picture")
        return found

    # The menu

    async def fetch_menu(self) -> Sequence[MenuButton]:
        try:
            answer = await self._api.get("/cgi-bin/menu/get", limit=MENU_ANSWER)
        except SendError as error:
            if error.platform_code == NO_MENU:
                return ()
            raise
        menu = answer.get("menu")
        return _buttons(menu.get("button") if isinstance(menu, dict) else None, MAX_BUTTONS)

    async def publish_menu(self, buttons: Sequence[MenuButton]) -> None:
        await self._api.post("/cgi-bin/menu/create", {"button": [menu_json(button) for button in buttons]})

    async def delete_menu(self) -> None:
        await self._api.get("/cgi-bin/menu/delete")


def qr_problem(scene: str, lasts: timedelta | None) -> str | None:
    if not 1 <= len(scene) <= MAX_SCENE:
        return f"The scene has 1 to {MAX_SCENE} characters."
    if any(not character.isprintable() or character.isspace() for character in scene):
        return "The scene has no blanks and no invisible characters."
    if lasts is not None and not SHORTEST_QR <= lasts <= LONGEST_QR:
        return "A temporary code lasts from one minute to 30 days."
    return None


def menu_problems(buttons: Sequence[MenuButton]) -> Mapping[str, str]:
    if len(buttons) > MAX_BUTTONS:
        return {"": f"A menu has at most {MAX_BUTTONS} buttons."}
    if not buttons:
        return {"": "A menu has at least one button; delete the menu to show none."}
    found: dict[str, str] = {}
    keys: set[str] = set()
    for place, button in enumerate(buttons):
        problem = _button_problem(button, MAX_NAME)
        if button.children:
            problem = _parent_problem(button)
        if problem:
            found[str(place)] = problem
        for number, child in enumerate(button.children):
            if problem := _child_problem(child):
                found[f"{place}/{number}"] = problem
    for where, button in _walk(buttons):
        if button.key and button.key in keys:
            found.setdefault(where, "Two buttons have the same key: nobody could tell which was pressed.")
        keys.add(button.key)
    return found


def _walk(buttons: Sequence[MenuButton]) -> list[tuple[str, MenuButton]]:
    found: list[tuple[str, MenuButton]] = []
    for place, button in enumerate(buttons):
        found.append((str(place), button))
        found += [(f"{place}/{number}", child) for number, child in enumerate(button.children)]
    return found


def _parent_problem(button: MenuButton) -> str | None:
    if len(button.children) > MAX_CHILDREN:
        return f"A button opens at most {MAX_CHILDREN} others."
    if button.type:
        return "A button that opens others does nothing else."
    return _name_problem(button, MAX_NAME)


def _child_problem(button: MenuButton) -> str | None:
    if button.children:
        return "A menu has two levels."
    return _button_problem(button, MAX_CHILD_NAME)


def _name_problem(button: MenuButton, limit: int) -> str | None:
    if not button.name.strip():
        return "A button needs a name."
    if len(button.name.encode("utf-8", "replace")) > limit:
        return f"The name is longer than {limit} bytes ({limit // 3} Chinese characters)."
    return None


def _button_problem(button: MenuButton, limit: int) -> str | None:
    if problem := _name_problem(button, limit):
        return problem
    if button.type not in NEEDS:
        return "The platform has no such kind of button."
    if any(not getattr(button, name).strip() for name in NEEDS[button.type]):
        wanted = {"key": "a key", "url": "an address", "app_id": "an AppID", "page_path": "a page", "media_id": "an id"}
        return f"This button needs {' and '.join(wanted[name] for name in NEEDS[button.type])}."
    if len(button.key.encode("utf-8", "replace")) > MAX_KEY:
        return f"The key is longer than {MAX_KEY} bytes."
    if button.url and not _usable(button.url):
        return f"The address begins with http:// or https:// and has at most {MAX_URL} bytes."
    return None


def _usable(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and len(url.encode("utf-8", "replace")) <= MAX_URL


def menu_json(button: MenuButton) -> dict[str, object]:
    if button.children:
        return {"name": button.name, "sub_button": [menu_json(child) for child in button.children]}
    made: dict[str, object] = {"type": button.type, "name": button.name}
    for name in NEEDS.get(button.type, ()):
        place = MENU_FIELDS.get(name) or ("article_id" if button.type.startswith("article") else "media_id")
        made[place] = getattr(button, name)
    return made


def _buttons(value: object, most: int) -> tuple[MenuButton, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(_button(item) for item in value[:most] if isinstance(item, dict))


def _button(item: Answer) -> MenuButton:
    def said(*names: str) -> str:
        return next((str(item[name])[:MAX_URL] for name in names if isinstance(item.get(name), str)), "")

    children = item.get("sub_button")
    if isinstance(children, dict):  # as the platform shows menus that were made in its own console
        children = children.get("list")
    return MenuButton(
        name=said("name"),
        type=said("type"),
        key=said("key"),
        url=said("url"),
        app_id=said("appid"),
        page_path=said("pagepath"),
        media_id=said("media_id", "article_id"),
        children=_buttons(children, MAX_CHILDREN),
    )


def _tag(item: object) -> PlatformTag | None:
    if not isinstance(item, dict):
        return None
    number, name, count = item.get("id"), item.get("name"), item.get("count")
    if type(number) is not int or not isinstance(name, str):
        return None
    return PlatformTag(id=str(number), name=name[:100], count=count if type(count) is int else None)


def _objects(answer: Answer, name: str) -> list[Answer]:
    value = answer.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
