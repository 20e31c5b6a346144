/**
 * WeChat's faces, which reach a hub as words: [呲牙], and in the older spelling that the official account platform still
 * pushes, /::D. Shown as the emoji that comes nearest; the words stay as they were sent. Pure.
 */
const EMOJI = pairs(`
  微笑 🙂 撇嘴 😕 色 😍 发呆 😳 得意 😎 流泪 😢 害羞 😊 闭嘴 🤐 睡 😴 大哭 😭 尴尬 😅 发怒 😡 调皮 😜 呲牙 😁 惊讶 😲 难过 🙁 酷 😎 囧 😣 冷汗 😰 抓狂 😫 吐 🤮
  偷笑 🤭 愉快 😊 可爱 😊 白眼 🙄 傲慢 😤 饥饿 😋 困 😪 惊恐 😱 流汗 😓 憨笑 😄 悠闲 😌 奋斗 💪 咒骂 🤬 疑问 🤔 嘘 🤫 晕 😵 疯了 🤪 衰 😞 骷髅 💀 敲打 🔨 再见 👋
  擦汗 😥 鼓掌 👏 糗大了 😳 坏笑 😏 左哼哼 😤 右哼哼 😤 哈欠 🥱 鄙视 😒 委屈 🥺 快哭了 😢 阴险 😈 亲亲 😘 吓 😨 可怜 🥺 菜刀 🔪 西瓜 🍉 啤酒 🍺 咖啡 ☕ 猪头 🐷 玫瑰 🌹
  凋谢 🥀 嘴唇 💋 爱心 ❤️ 心 ❤️ 心碎 💔 蛋糕 🎂 闪电 ⚡ 炸弹 💣 足球 ⚽ 瓢虫 🐞 便便 💩 月亮 🌙 太阳 ☀️ 礼物 🎁 拥抱 🤗 强 👍 赞 👍 弱 👎 握手 🤝 胜利 ✌️
  抱拳 🙏 合十 🙏 拳头 👊 差劲 👎 爱你 🤟 NO 🙅 OK 👌 爱情 💑 飞吻 😘 跳跳 🕺 发抖 🥶 转圈 💃 笑脸 😄 生病 😷 脸红 😳 破涕为笑 😂 恐惧 😨 失望 😔 无语 😑 嘿哈 😆
  捂脸 🤦 奸笑 😏 机智 🤓 皱眉 😟 耶 ✌️ 吃瓜 🍉 加油 💪 汗 😓 天啊 😱 社会社会 👊 旺柴 🐶 好的 👌 哇 🤩 翻白眼 🙄 666 🤙 让我看看 👀 叹气 😔 苦涩 😖 红包 🧧 烟花 🎆
  爆竹 🧨 庆祝 🎉 哈哈 😄 嘻嘻 😄 笑哭 😂 泪 😢 怒 😡 鲜花 🌹 二哈 🐶 doge 🐶 给力 👍 good 👍 伤心 💔 感冒 🤧 生气 😠 比心 🫶 摊手 🤷 思考 🤔 话筒 🎤 蜡烛 🕯️
  音乐 🎵
`)
const OLDER = pairs(String.raw`
  /::) 微笑 /::~ 撇嘴 /::B 色 /::| 发呆 /:8-) 得意 /::< 流泪 /::$ 害羞 /::X 闭嘴 /::Z 睡 /::'( 大哭 /::-| 尴尬 /::@ 发怒
  /::P 调皮 /::D 呲牙 /::O 惊讶 /::( 难过 /::+ 酷 /:--b 冷汗 /::Q 抓狂 /::T 吐 /:,@P 偷笑 /:,@-D 愉快 /::d 白眼 /:,@o 傲慢
  /::g 饥饿 /:|-) 困 /::! 惊恐 /::L 流汗 /::> 憨笑 /::,@ 悠闲 /:,@f 奋斗 /::-S 咒骂 /:? 疑问 /:,@x 嘘 /:,@@ 晕 /::8 疯了
  /:,@! 衰 /:!!! 骷髅 /:xx 敲打 /:bye 再见 /:wipe 擦汗 /:dig 抠鼻 /:handclap 鼓掌 /:&-( 糗大了 /:B-) 坏笑 /:<@ 左哼哼 /:@> 右哼哼
  /::-O 哈欠 /:>-| 鄙视 /:P-( 委屈 /::'| 快哭了 /:X-) 阴险 /::* 亲亲 /:@x 吓 /:8* 可怜 /:rose 玫瑰 /:fade 凋谢 /:heart 爱心
  /:break 心碎 /:strong 强 /:weak 弱 /:share 握手 /:v 胜利 /:@) 抱拳 /:jj 勾引 /:@@ 拳头 /:bad 差劲 /:no NO /:ok OK
  /:love 爱情 /:hug 拥抱 /:gift 礼物 /:sun 太阳 /:moon 月亮 /:shit 便便 /:pd 菜刀 /:cake 蛋糕 /:bome 炸弹
`)
/** Where customers write with these faces, and see them for what an agent writes. */
const CHANNELS = new Set(["wechat", "wecom", "weibo"])

export const hasFaces = (channelType: string | undefined): boolean => channelType !== undefined && CHANNELS.has(channelType)

// The longest first: /::-| before /::-.
const FACE = new RegExp([...OLDER.keys()].sort((a, b) => b.length - a.length).map(escaped).join("|") + String.raw`|\[([^\[\]\s]{1,5})\]`, "g")

export interface FacePiece {
  text: string
  /** What the face is called, of a piece that is one. */
  face: string | null
}

export function faces(text: string): FacePiece[] {
  const found: FacePiece[] = []
  let end = 0
  for (const match of text.matchAll(FACE)) {
    const face = match[1] ?? OLDER.get(match[0])!
    const emoji = EMOJI.get(face)
    if (emoji === undefined) continue
    if (match.index > end) found.push({ text: text.slice(end, match.index), face: null })
    found.push({ text: emoji, face })
    end = match.index + match[0].length
  }
  if (end < text.length) found.push({ text: text.slice(end), face: null })
  return found
}

/** The same in a line of plain text. */
export const withFaces = (text: string): string => faces(text).map((piece) => piece.text).join("")

function pairs(table: string): Map<string, string> {
  const words = table.trim().split(/\s+/)
  return new Map(Array.from({ length: words.length / 2 }, (_, i) => [words[2 * i]!, words[2 * i + 1]!]))
}

function escaped(code: string): string {
  return code.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}
