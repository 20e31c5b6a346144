/** 电子邮件：主题、引用、签名、原邮件。 */
export const email = {
  subject: "主题", original: "查看原邮件", originalHint: "已去除脚本和外部图片", quoted: "引用的内容", signature: "签名", cc: "抄送",
  automatic: {
    reply: "发来一封自动回复", bulk: "发来一封群发邮件", flood: "短时间内发来大量邮件", generated: "系统自动发出的邮件",
  } as Record<string, string>,
}
