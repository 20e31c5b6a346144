"""What the settings of most channel types have in common: the address at which a platform is asked."""

from urllib.parse import urlsplit

from scrm.model.channel import Setting

# The form of an address, which may have a path; `has_host` says whether it can be used at all.
ADDRESS = r"https?://[^\s/?#@]+(/[^\s?#]*)?"
NO_HOST = "This must be an http or https address with a host."


def api_base(default: str | None, *, help_zh: str, help_en: str) -> Setting:
    """default None: the platform has several, and an empty setting is all of them."""
    return Setting(
        name="api_base",
        label_zh="接口地址",
        label_en="API address",
        required=False,
        pattern=ADDRESS,
        default=default,
        help_zh=help_zh,
        help_en=help_en,
    )


def has_host(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False
