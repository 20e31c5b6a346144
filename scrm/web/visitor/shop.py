"""/demo/shop: a page of the demo company's site that carries the widget, as any site would. Only with --demo."""

import base64
import hashlib
import html

from aiohttp import web

_STYLE = """
:root{color-scheme:light dark;--bg:#f5f6f8;--card:#fff;--line:#e5e8ed;--text:#1f2329;--meta:#5f6979;--brand:#1f5eff}
@media(prefers-color-scheme:dark){:root{--bg:#141518;--card:#1b1d21;--line:#2d3138;--text:#e8eaed;--meta:#a3adbc;
--brand:#8fb0ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);
font:15px/1.7 Inter,"PingFang SC","HarmonyOS Sans SC","Microsoft YaHei","Noto Sans CJK SC",system-ui,sans-serif}
header,main{max-width:1040px;margin:0 auto;padding:20px 24px}
header{display:flex;gap:24px;align-items:baseline}
header b{font-size:18px}header span{color:var(--meta)}
h1{font-size:26px;margin:24px 0 4px}p{margin:0 0 20px;color:var(--meta)}
ul{display:grid;grid-template-columns:repeat(auto-fill,minmax(220px,1fr));gap:16px;padding:0;list-style:none}
li{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:16px}
svg{width:100%;height:120px;display:block}
h2{font-size:15px;margin:10px 0 0}li small{color:var(--meta)}li strong{float:right}
code{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:2px 6px;font-size:13px;
color:var(--text);overflow-wrap:anywhere}
"""
_SCRIPT = '<script src="/widget.js" data-channel="demo-shop" async></script>'
_GOODS = (
    ("便携榨汁杯", "充一次用十五杯", "¥129", "#0f766e", "M40 30h40l-6 72H46zM44 18h32v8H44z"),
    ("蓝牙耳机", "续航 32 小时", "¥239", "#1f5eff", "M30 70a30 30 0 0 1 60 0v28H76V72h8a24 24 0 0 0-48 0h8v26H30z"),
    ("护眼台灯", "无频闪 · 三档色温", "¥169", "#b45309", "M60 20l28 34H32zM57 54h6v40h-6zM40 96h40v8H40z"),
    ("桌面加湿器", "静音 · 自动断电", "¥99", "#be185d", "M60 16c18 26 28 40 28 56a28 28 0 0 1-56 0c0-16 10-30 28-56z"),
)


def _page() -> str:
    goods = "".join(
        f'<li><svg viewBox="0 0 120 120" fill="{color}" aria-hidden="true"><path d="{shape}"/></svg>'
        f"<h2>{name}</h2><strong>{price}</strong><small>{what}</small></li>"
        for name, what, price, color, shape in _GOODS
    )
    return f"""<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>柚屿生活商城</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><style>{_STYLE}</style>
<header><b>柚屿生活</b><span>新品</span><span>小家电</span><span>服务</span></header>
<main><h1>秋季新品</h1><p>有问题？点右下角，客服在线。另开一个窗口登录工作台，就能看到您说的话。</p><ul>{goods}</ul>
<p>这一页只多了一行：<code>{html.escape(_SCRIPT)}</code></p></main>
{_SCRIPT}</html>"""


_PAGE = _page()
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'",
        "connect-src 'self'",
        "img-src blob:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


async def shop(_: web.Request) -> web.Response:
    headers = {"Content-Security-Policy": _POLICY}
    return web.Response(text=_PAGE, content_type="text/html", charset="utf-8", headers=headers)
