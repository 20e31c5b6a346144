/** How it looks. Colours of text are at least 4.5:1 on what they stand on, in light and dark. */

export const CSS = `
:host{all:initial}
:host([data-launcher=none]) .launch{display:none}
.root{--bg:#fff;--soft:#f5f6f8;--line:#e5e8ed;--text:#1f2329;--meta:#5f6979;--danger:#b42318;--ok:#15803d;--brand:#1f5eff;--on:#fff;--mine:#e8f0ff;--ring:#1f5eff;--edge:#868f9e;--star:#b45309;
font:14px/1.6 Inter,"PingFang SC","HarmonyOS Sans SC","Microsoft YaHei","Noto Sans CJK SC",system-ui,sans-serif;color:var(--text);color-scheme:light}
@media(prefers-color-scheme:dark){.root:not([data-theme=light]){--bg:#1b1d21;--soft:#141518;--line:#2d3138;--text:#e8eaed;--meta:#a3adbc;--danger:#ff7b72;--ok:#4ade80;--mine:#24324f;--ring:#8fb0ff;--edge:#6e7785;--star:#fbbf24;color-scheme:dark}}
.root[data-theme=dark]{--bg:#1b1d21;--soft:#141518;--line:#2d3138;--text:#e8eaed;--meta:#a3adbc;--danger:#ff7b72;--ok:#4ade80;--mine:#24324f;--ring:#8fb0ff;--edge:#6e7785;--star:#fbbf24;color-scheme:dark}
*,*::before{box-sizing:border-box}
button,input,textarea{font:inherit;color:inherit;margin:0}
button{cursor:pointer;border:0;background:none;padding:0;border-radius:6px}
:focus-visible{outline:2px solid var(--ring);outline-offset:2px}
svg{width:20px;height:20px;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round;display:block}
.launch{position:fixed;bottom:24px;right:24px;width:56px;height:56px;border-radius:50%;background:var(--brand);color:var(--on);display:grid;place-items:center;box-shadow:0 6px 20px #0003;z-index:2147483000}
.launch svg{width:26px;height:26px}
.left .launch{right:auto;left:24px}
.badge{position:absolute;top:-2px;right:-2px;min-width:20px;height:20px;padding:0 6px;border-radius:10px;background:#b42318;color:#fff;font-size:12px;line-height:20px;text-align:center;font-weight:600}
.panel{position:fixed;bottom:92px;right:24px;width:380px;height:min(640px,calc(100vh - 116px));height:min(640px,calc(100dvh - 116px));background:var(--bg);border:1px solid var(--line);border-radius:14px;box-shadow:0 12px 40px #0004;display:flex;flex-direction:column;overflow:hidden;z-index:2147483000;animation:rise .16s ease-out}
.left .panel{right:auto;left:24px}
.root [hidden]{display:none!important}
@keyframes rise{from{opacity:0;transform:translateY(8px)}}
.body{display:contents}
header{display:flex;align-items:center;gap:10px;padding:12px 12px 12px 16px;background:var(--brand);color:var(--on)}
header .who{flex:1;min-width:0}
h2{font-size:15px;font-weight:600;margin:0;line-height:1.4;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
header small{font-size:12px;display:block;line-height:1.4}
.face{width:36px;height:36px;border-radius:50%;display:grid;place-items:center;font-weight:600;background:var(--on);color:var(--brand);flex:none}
.face img{width:100%;height:100%;border-radius:50%;object-fit:cover;display:block}
.m .face{width:20px;height:20px;font-size:11px;background:var(--brand);color:var(--on)}
.icon{width:36px;height:36px;display:grid;place-items:center;flex:none}
header .icon:focus-visible{outline-color:var(--on)}
.bar{padding:6px 16px;font-size:12px;background:#fff7e0;color:#7a4a00;border-bottom:1px solid var(--line)}
.bar.away{background:var(--soft);color:var(--meta)}
.log{flex:1;overflow-y:auto;overscroll-behavior:contain;padding:12px 16px;display:flex;flex-direction:column;gap:10px;background:var(--soft)}
.more{align-self:center;font-size:12px;color:var(--meta);padding:4px 10px;border:1px solid var(--line);background:var(--bg)}
.day{align-self:center;font-size:12px;color:var(--meta)}
.m{display:flex;flex-direction:column;max-width:82%;align-self:flex-start;align-items:flex-start}
.m.mine{align-self:flex-end;align-items:flex-end}
.m .by{font-size:12px;color:var(--meta);margin-bottom:2px;display:flex;align-items:center;gap:6px}
.b{padding:8px 12px;border-radius:4px 12px 12px 12px;background:var(--bg);border:1px solid var(--line);white-space:pre-wrap;overflow-wrap:anywhere}
.mine .b{background:var(--mine);border-color:transparent;border-radius:12px 4px 12px 12px}
.b a{color:inherit;text-decoration:underline}
.m time,.m .st{font-size:12px;color:var(--meta);margin-top:2px}
.tick svg{width:13px;height:13px;display:inline-block;vertical-align:-2px;margin-left:4px}
.st button{color:inherit;text-decoration:underline;font-size:12px;padding:0 4px}
.st.bad{color:var(--danger)}
.pic{display:block;max-width:220px;border-radius:10px;overflow:hidden;border:1px solid var(--line);min-height:40px;background:var(--bg)}
.pic img{display:block;max-width:100%;max-height:260px}
.doc{display:flex;align-items:center;gap:8px;padding:8px 12px;border:1px solid var(--line);border-radius:10px;background:var(--bg);text-align:left;overflow-wrap:anywhere}
.m .pic,.m .doc{margin-top:4px}
.typing{padding:2px 16px;font-size:12px;color:var(--meta);background:var(--soft);min-height:22px}
.new{position:absolute;bottom:84px;left:50%;transform:translateX(-50%);background:var(--brand);color:var(--on);font-size:12px;padding:4px 12px;border-radius:14px;box-shadow:0 2px 8px #0003}
.card{border:1px solid var(--line);border-radius:10px;background:var(--bg);padding:12px 14px;display:flex;flex-direction:column;gap:8px}
.card p,.card legend{margin:0;padding:0;font-weight:600}
fieldset{border:0;margin:0;padding:0}
.stars{display:flex;gap:2px;margin-top:4px}
.stars label{cursor:pointer;position:relative;width:36px;height:36px;display:grid;place-items:center;color:var(--meta);border-radius:6px}
.stars input{position:absolute;inset:0;opacity:0;margin:0;cursor:pointer}
.stars label:has(:focus-visible){outline:2px solid var(--ring)}
.stars .on{color:var(--star)}.stars .on svg{fill:currentColor}
form.ask{flex:1;overflow-y:auto;padding:16px;display:flex;flex-direction:column;gap:12px;background:var(--soft)}
form.ask p{margin:0}
label.f{display:flex;flex-direction:column;gap:4px;font-size:13px;color:var(--meta)}
.in,textarea{width:100%;border:1px solid var(--edge);border-radius:8px;background:var(--bg);padding:8px 10px;color:var(--text);font-size:14px}
.in::placeholder,textarea::placeholder{color:var(--meta);opacity:1}
.go{background:var(--brand);color:var(--on);padding:9px 16px;border-radius:8px;font-weight:600}
.go:disabled{opacity:.55;cursor:default}
.write{display:flex;align-items:flex-end;gap:6px;padding:10px 12px;border-top:1px solid var(--line);background:var(--bg)}
.write textarea{resize:none;max-height:120px;min-height:38px;height:38px;border-color:transparent;background:var(--soft)}
.write .icon{color:var(--meta)}
.write .icon.say{background:var(--brand);color:var(--on);border-radius:8px}
.foot{font-size:12px;color:var(--meta)}
.foot a{color:inherit}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media(max-width:480px){.panel,.left .panel{inset:0;width:auto;height:auto;border:0;border-radius:0}.in,textarea{font-size:16px}.open .launch{display:none}}
@media(prefers-reduced-motion:reduce){.panel{animation:none}}
@media(forced-colors:active){.launch,.go,.write .icon.say{border:1px solid}}
`

export const ICONS = {
  chat: "M21 11.5a8.4 8.4 0 0 1-12 7.6L3 21l1.9-5.9A8.4 8.4 0 1 1 21 11.5z",
  close: "M6 6l12 12M18 6L6 18",
  clip: "M21 11l-9 9a5.7 5.7 0 0 1-8-8l9-9a3.8 3.8 0 0 1 5.4 5.4l-9 9a1.9 1.9 0 0 1-2.7-2.7l8.3-8.3",
  send: "M22 2L11 13M22 2l-7 20-4-9-9-4z",
  file: "M14 3H6v18h12V7zM14 3v4h4",
  check: "M4 12.5l5 5L20 6.5",
  star: "M12 3l2.8 5.7 6.2.9-4.5 4.4 1 6.2L12 17.3 6.5 20.2l1-6.2L3 9.6l6.2-.9z",
} as const

/** Black or white, whichever is easier to read on the colour. */
export function readableOn(color: string): string {
  const channel = (at: number): number => {
    const value = parseInt(color.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  const light = 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
  return 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 ? "#ffffff" : "#000000"
}
