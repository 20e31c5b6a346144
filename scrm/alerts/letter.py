"""A letter in the forms platforms take: Markdown within a size, plain text, HTML. Pure.

Whatever stands in a letter (a product's name, what a customer calls a fault) is text there too: it makes no link, no
heading and no mention of everybody.
"""

import html
import re

from scrm.model.notices import Letter, Line, Locale

OPEN = {"zh-CN": "打开", "en": "Open"}
MORE = {"zh-CN": "（其余见链接）", "en": "(the rest behind the link)"}
# What Markdown of any of the platforms gives a meaning to, in full width: none of them says how it is escaped. An @ is
# a mention of a person or of everybody.
_WIDE = {ord(sign): chr(ord(sign) + 0xFEE0) for sign in "\\`*_[]<>#|~@"}
_SPACE = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


def plain(text: str) -> str:
    """One line, without control characters."""
    return _SPACE.sub(" ", text).strip()


def escaped(text: str) -> str:
    return plain(text).translate(_WIDE)


def size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def cut(text: str, most: int) -> str:
    """At most `most` bytes of UTF-8, whole characters."""
    return text.encode("utf-8", "replace")[:most].decode("utf-8", "ignore")


def _target(url: str) -> str:
    """An address inside a Markdown link: nothing in it ends the link."""
    return (
        plain(url).replace("(", "%28").replace(")", "%29").replace(" ", "%20").replace("<", "%3C").replace(">", "%3E")
    )


def markdown(letter: Letter, locale: Locale, most: int) -> str:
    """At most `most` bytes; lines that do not fit are left out whole, and it says so."""
    head = f"### {escaped(cut(plain(letter.title), most // 4))}"
    foot = f"\n\n[{OPEN[locale]}]({_target(letter.url)})" if letter.url else ""
    if size(head + foot) > most:
        return cut(head, most)
    more = f"\n\n{MORE[locale]}"
    body, left = "", most - size(head + foot)
    for place, line in enumerate(letter.lines):
        written = f"\n\n{_markdown(line)}"
        last = place == len(letter.lines) - 1
        if size(written) > left - (0 if last else size(more)):
            body += more if size(more) <= left else ""
            break
        body += written
        left -= size(written)
    return head + body + foot


def _markdown(line: Line) -> str:
    label = f"**{escaped(line.label)}** " if line.label else ""
    text = escaped(line.text)
    return f"{label}[{text}]({_target(line.url)})" if line.url else f"{label}{text}"


def text(letter: Letter, locale: Locale) -> str:
    lines = [plain(letter.title), ""]
    for line in letter.lines:
        lines.append(plain(f"{line.label}: {line.text}" if line.label else line.text))
        if line.url:
            lines.append(f"  {plain(line.url)}")
    if letter.url:
        lines += ["", f"{OPEN[locale]}: {plain(letter.url)}"]
    return "\n".join(lines) + "\n"


_PAGE = (
    '<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title></head>'
    '<body style="margin:0;padding:24px;background:#f5f6f8;font:14px/1.6 -apple-system,Segoe UI,PingFang SC,sans-serif;'
    'color:#1f2329"><div style="max-width:640px;margin:0 auto;background:#fff;border:1px solid #e5e8ed;'
    'border-radius:10px;padding:20px 24px"><h1 style="font-size:18px;line-height:28px;margin:0 0 12px;'
    'color:{color}">{title}</h1>'
    '<table role="presentation" cellpadding="0" cellspacing="0" style="width:100%;border-collapse:collapse">'
    "{rows}</table>{foot}</div></body></html>"
)
_CELL = "padding:7px 0;border-top:1px solid #eef0f3;vertical-align:top"


def page(letter: Letter, locale: Locale) -> str:
    """A mail: styles within, nothing loaded from elsewhere."""
    foot = ""
    if letter.url:
        foot = (
            f'<p style="margin:16px 0 0"><a href="{html.escape(letter.url)}" style="display:inline-block;'
            f'padding:7px 16px;border-radius:6px;background:#1f5eff;color:#fff;text-decoration:none">'
            f"{OPEN[locale]}</a></p>"
        )
    return _PAGE.format(
        lang=locale,
        title=html.escape(plain(letter.title)),
        color="#b42318" if letter.urgent else "#1f2329",
        rows="".join(_row(line) for line in letter.lines),
        foot=foot,
    )


def _row(line: Line) -> str:
    said = html.escape(plain(line.text))
    if line.url:
        said = f'<a href="{html.escape(line.url)}" style="color:#1a50d9;text-decoration:none">{said}</a>'
    if not line.label:
        return f'<tr><td colspan="2" style="{_CELL}">{said}</td></tr>'
    label = html.escape(plain(line.label))
    return (
        f'<tr><td style="{_CELL};color:#5f6979;padding-right:16px;white-space:nowrap">{label}</td>'
        f'<td style="{_CELL}">{said}</td></tr>'
    )
