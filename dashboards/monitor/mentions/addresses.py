"""One address for one page. Pure, total.

Left out: fragments, what only says where a reader came from (utm_…, spm, share_token …), a default port, a trailing
slash; host in small letters, mobile hosts as their desktop ones, parameters in order.
"""

from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

LONGEST = 2_000
_TRACKING = frozenset(
    [
        "spm",
        "scm",
        "from",
        "source",
        "share",
        "share_source",
        "share_medium",
        "share_plat",
        "share_session_id",
        "share_tag",
        "share_times",
        "share_token",
        "share_from",
        "sharer_shareid",
        "isappinstalled",
        "timestamp",
        "unique_k",
        "fbclid",
        "gclid",
        "msclkid",
        "yclid",
        "igshid",
        "mc_cid",
        "mc_eid",
        "ref",
        "ref_src",
        "wxshare_count",
        "nsukey",
        "scene",
        "xhsshare",
        "appuid",
        "apptime",
        "vd_source",
    ]
)
_HOSTS = {"m.weibo.cn": "weibo.com", "m.weibo.com": "weibo.com", "www.weibo.com": "weibo.com"}


def canonical(url: str) -> str | None:
    """None: no http(s) address with a host."""
    url = url.strip()
    if not url or len(url) > LONGEST or any(char.isspace() or ord(char) < 32 for char in url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").rstrip(".").encode("idna").decode("ascii").lower()
    except (ValueError, UnicodeError):
        return None
    if parts.scheme.lower() not in ("http", "https") or not host or parts.username is not None:
        return None
    host = _HOSTS.get(host, host)
    place = f"[{host}]" if ":" in host else host
    if port is not None and port not in (80, 443):
        place += f":{port}"
    kept = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True, max_num_fields=200)
        if not name.lower().startswith("utm_") and name.lower() not in _TRACKING
    ] if parts.query.count("&") < 200 else []  # fmt: skip
    path = quote(parts.path.rstrip("/"), safe="/%:@!$&'()*+,;=~-._")
    # One scheme: most sites answer on both, and a mention is no place to be attacked from.
    return urlunsplit(("https", place, path, urlencode(sorted(kept)), ""))


def site(url: str) -> str:
    """Whose page it is, as people know it; "" for no address."""
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""
    host = _HOSTS.get(host, host)
    for prefix in ("www.", "m.", "mobile."):
        host = host.removeprefix(prefix)
    return host[:100]
