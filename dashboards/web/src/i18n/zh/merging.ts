/** 同一位客户的多个档案，合并为一个。 */
export const merging = {
  title: "可能是同一位客户", shares: { phone: "手机号相同", email: "邮箱相同" }, merge: "合并", other: "合并其他客户…", find: "姓名、手机号或邮箱", none: "没有找到其他客户",
  ask: (other: string, name: string) => `把“${other}”并入“${name}”？对方的会话、消息、账号和标签都归到这里，对方的档案不再保留。合并后不能撤回。`,
  done: (name: string) => `已并入“${name}”`, conversations: (n: number) => `${n} 个会话`,
  error: { both_open: "两位客户在同一渠道各有一个未解决的会话，请先解决其中一个", two_accounts: "这是同一平台的两个账号，平台按账号限制回复，不能合并" } as Record<string, string>,
}
