export const views = {
  title: "视图", standard: "会话", save: "保存为视图", name: "视图名称", share: "对所有人可见", shared: "共享", drop: "删除视图", dropAsk: (name: string) => `删除视图“${name}”？会话不受影响。`, saved: "视图已保存", hint: "先用筛选选出想看的会话，再保存为视图",
}
