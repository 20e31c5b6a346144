export const voice = {
  findings: "这段时间发生了什么", findingsHint: "每一句都由下面的数字写成，点开就是它依据的消息", noFindings: "这个范围内没有客户消息", why: "为什么变化", volume: "消息量", negative: "负面占比",
  changed: (from: string, to: string, change: string) => `${from} → ${to}（${change}）`, steady: "没有变化", points: (n: string) => `${n} 个百分点`, by: { categories: "按问题分类", channels: "按渠道", phrases: "按词语" }, rest: "其余", share: (n: string) => `占变化 ${n}`,
  cancels: "各部分互相抵消，不计占比", mix: "结构影响", rate: "自身变化", mixHint: "结构影响：它在全部消息中的比重变了；自身变化：它自己的消息变好或变差了。两者相加就是它的贡献，各部分相加就是总变化。", volumeHint: "每一部分的贡献就是它自己的增减，各部分相加就是总变化。", phraseHint: "一条消息算给它说到的每个词，加起来不等于总变化",
  now: "本期", before: "对比", of: (n: string) => `共 ${n} 条`, wasOf: (n: string) => `对比区间 ${n} 条`, noCompare: "对比区间没有消息，无法比较",
  heat: "问题分类 × 情绪", heatHint: "小字是与对比区间之差", trends: "各分类走势", trendsHint: "消息最多的五类；红色为负面，灰线为对比区间", dayNumbers: (name: string) => `${name} 每天的消息数`,
  moved: "变化最大的词", movedHint: "与对比区间相比，占比变化最明显", term: "词语", messages: "消息", expected: "按以往应有", negativeOf: "其中负面", course: "走势", fresh: "新出现的说法", freshHint: "近两个月里，此前没有人这样说过", freshLine: (n: number, people: number) => `${n} 条 · ${people} 位客户`, noFresh: "没有新出现的说法", noMoved: "没有明显变化的词", noWordsOfTeam: "词语按渠道统计，按技能组筛选时没有。", seeAllTeams: "看全部技能组", noWordsThen: (day: string) => `词语只保留约两个月，而所选日期和对比区间从 ${day} 开始，无法统计。`, see30: "看近 30 天", wordsSince: (day: string) => `词语从 ${day} 起统计`, behind: (t: string) => `词语统计至 ${t}`, from: (day: string) => `${day} 首次出现`,
  evidence: (what: string) => `提到“${what}”`, evidenceRest: "没有提到上述词语", inBefore: "对比区间",
}
