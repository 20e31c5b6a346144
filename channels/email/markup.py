"""A mail's markup as an agent may look at it: no script, no form, no frame, nothing fetched from anywhere. Pure.

What is left is shown in a frame without rights of its own, under a policy that loads nothing; each of the three alone
would do. Pictures that came with the mail are put into it, those of other servers are left out: loading them would tell
the sender when, and from where, the mail was read.
"""

import base64
import re
from collections.abc import Mapping

import nh3

from channels.email.text import squeezed

MAX_HTML = 200_000
MAX_PICTURES = 20
SHOWN_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"})
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

_TAGS_NAMED = (
    "a abbr b bdi bdo blockquote br caption center cite code col colgroup dd del details dfn div dl dt em "
    "figcaption figure font h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q rp rt ruby s samp small span "
    "strike strong sub summary sup table tbody td tfoot th thead tr tt u ul var wbr"
)
_TAGS = frozenset(_TAGS_NAMED.split())
_EVERYWHERE = {"style", "dir", "lang", "title", "align", "valign", "bgcolor", "color", "width", "height"}
_ATTRIBUTES = {
    "*": _EVERYWHERE,
    "a": {"href"},
    "img": {"src", "alt"},
    "font": {"face", "size"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start", "type"},
    "li": {"value"},
}
# None of them takes an address.
_STYLES_NAMED = (
    "background-color border border-bottom border-collapse border-color border-left border-radius border-right "
    "border-spacing border-style border-top border-width color direction display font font-family font-size "
    "font-style font-variant font-weight height letter-spacing line-height margin margin-bottom margin-left "
    "margin-right margin-top max-width min-width padding padding-bottom padding-left padding-right padding-top "
    "text-align text-decoration text-indent text-transform vertical-align white-space width word-break word-wrap "
    "overflow-wrap"
)
_STYLES = frozenset(_STYLES_NAMED.split())
_REMOTE = re.compile(r"url\s*\(|expression\s*\(|image-set|@import|\\", re.IGNORECASE)


def page(html: str, pictures: Mapping[str, tuple[str, bytes]]) -> bytes:
    """A whole page. pictures: media type and bytes by Content-ID."""
    shown = {
        f"cid:{cid}".lower(): f"data:{kind};base64,{base64.b64encode(data).decode()}"
        for cid, (kind, data) in list(pictures.items())[:MAX_PICTURES]
        if kind in SHOWN_PICTURES
    }

    def attribute(tag: str, name: str, value: str) -> str | None:
        if name == "style":
            return None if _REMOTE.search(value) else value
        if tag == "img" and name == "src":
            return shown.get(value.strip().lower())
        if name == "href":
            return value if value.strip().lower().startswith(("http://", "https://", "mailto:", "tel:")) else None
        return value

    body = nh3.clean(
        squeezed(html, MAX_HTML),
        tags=set(_TAGS),
        clean_content_tags={"script", "style", "title"},
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=attribute,
        strip_comments=True,
        link_rel="noopener noreferrer nofollow",
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        set_tag_attribute_values={"a": {"target": "_blank"}},
        filter_style_properties=set(_STYLES),
    )
    head = (
        '<!doctype html><html><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="referrer" content="no-referrer"><meta name="viewport" content="width=device-width">'
        "<style>body{margin:12px;font:14px/1.6 system-ui,sans-serif;color:#111;background:#fff;overflow-wrap:anywhere}"
        "img{max-width:100%;height:auto}table{max-width:100%}</style></head><body>"
    )
    return f"{head}{body}</body></html>".encode()
