/** 公众号工具：二维码、菜单、标签、模板消息。 */
export const wechat = {
  tools: "账号工具", back: "返回渠道", lead: "二维码、菜单、标签与模板消息，直接在公众号上生效。", tabs: { qr_codes: "二维码", menu: "自定义菜单", tags: "标签同步", templates: "模板消息" },
  notFound: "找不到这个渠道，或它没有账号工具",
  qr: {
    lead: "每个二维码带一个场景值：谁扫的、从哪来、因此来了多少新客户，一目了然。", add: "新建二维码", empty: "还没有二维码", emptyHint: "为门店、海报、活动各建一个，扫码的客户会自动标明来源",
    name: "名称", nameHint: "给同事看，例如“人民广场店”", scene: "场景值", sceneHint: "1 至 64 个字符，不含空格，同一账号内不重复；创建后不能修改", lasts: "有效期", forever: "永久", days: (n: number) => `${n} 天`,
    foreverHint: "永久二维码每个账号最多 10 万个，不能收回", team: "扫码客户交给", noTeam: "按正常规则分配", labels: "扫码客户打上标签", scans: "扫码", followed: "新关注", first: "新客户", gives: "带来",
    expires: (t: string) => `${t} 到期`, expired: "已过期", download: "下载图片", copyScene: "复制场景值", remove: "删除", removeAsk: (name: string) => `删除“${name}”？记录和统计不再显示；永久二维码在微信上仍可扫。`, created: "二维码已生成",
    scansOf: (name: string) => `“${name}”的扫码记录`, noScans: "还没有人扫过", follows: "因此关注", firstTime: "首次出现", picture: (name: string) => `二维码：${name}`,
  },
  menu: {
    lead: "一级菜单最多 3 个，每个下面最多 5 个。保存后还需发布，客户 5 分钟内看到。", published: (t: string) => `已于 ${t} 发布`, unpublished: "有未发布的修改", save: "保存草稿", publish: "发布到微信", publishAsk: "发布后，所有关注者的菜单会换成现在这一份。",
    fetch: "从微信读取", fetched: "已读取微信上的菜单，保存后生效", fetchedNone: "微信上没有自定义菜单", takeOff: "停用菜单", takeOffAsk: "客户将看不到菜单；这里的草稿会保留。", takenOff: "微信上的菜单已停用", publishedNow: "已发布，约 5 分钟内生效",
    empty: "还没有菜单", add: "添加菜单", addSub: "添加子菜单", up: "前移", down: "后移", removeButton: "删除", name: "名称", type: "点击后", nameLimit: (n: number) => `还可输入 ${n} 字节`, hasChildren: "有子菜单的按钮只用来展开，不再有自己的动作。",
    kinds: {
      click: "通知客服系统", view: "打开网页", miniprogram: "打开小程序", scancode_waitmsg: "扫码（等待回复）", scancode_push: "扫码", pic_photo_or_album: "拍照或选图", pic_sysphoto: "拍照", pic_weixin: "选择图片", location_select: "发送位置", media_id: "发送素材", article_id: "发送图文", article_view_limited: "打开图文",
    } as Record<string, string>,
    fields: { key: "标识（KEY）", url: "网址", app_id: "小程序 AppID", page_path: "小程序页面路径", media_id: "素材或文章 ID" }, urlBackup: "旧版微信打开的备用网址",
    action: "点击这个按钮时", opens: "打开一个会话，请客服接待", opensHint: "用于“人工客服”一类按钮；否则只记在时间线上", team: "交给技能组", answer: "自动回复", answerHint: "立即发送，不算客服的回复；留空则不发",
    problems: { name: "请填写名称", nameLong: "名称太长", needs: "请填写必填项", keyLong: "标识最长 128 字节", url: "网址以 http:// 或 https:// 开头", keyTwice: "另一个按钮用了相同的标识" }, fix: "请先改正标红的按钮", pick: "选择左侧的按钮进行编辑", preview: "菜单预览", unnamed: "未命名",
  },
  tags: {
    lead: "把这里的标签与公众号的用户标签对上，任一边加上或去掉，另一边跟着变。", rule: "第一次对上时两边取并集；之后，自上次一致以来哪边改了就以哪边为准。客户来消息或标签变动时同步；在微信删除整个标签只会解除关联，不会去掉这里的标签。", limits: "每个账号最多 100 个标签，名称最长 30 字节（10 个汉字），每位用户最多 20 个。",
    label: "这里的标签", tag: "公众号标签", people: "人数", linked: "已同步", link: "开始同步", unlink: "停止同步", notLinked: "未同步", willMake: "将新建同名标签", only: "只在公众号上的标签", onlyHint: "加为这里的标签后开始同步", import: "加为标签", none: "公众号上的标签都已对上", noLabels: "还没有标签", noLabelsHint: "先在“标签”里新建，或从公众号加进来", refresh: "重新读取",
  },
  templates: {
    lead: "回复时间过后，客服可以用这些模板通知客户。订阅通知：客户每同意一次可发一条；模板消息：客户有反应之前只发一条。", fetch: "从平台读取模板", fetched: (n: number) => `已读取 ${n} 个模板`, empty: "还没有模板", emptyHint: "先在平台后台添加模板或订阅通知，再读取到这里", kind: { template: "模板消息", subscribe: "订阅通知" }, lasting: "长期订阅", gone: "平台上已不存在", enabled: "供客服使用", automatic: "回复窗口关闭后，文字回复自动用它发出", automaticShort: "自动发出", automaticHint: "客户同意过才会发出；超出字数的部分会截去。每类模板只能有一个自动发出，打开这个会关掉同类的另一个", needsMessage: "默认填写里要有 {message}，才能自动发出", needsField: (label: string) => `请填写“${label}”：自动发出时没有人来填`, edit: "设置", field: "字段", fill: "默认填写",
    fillHint: "可用变量：{customer} 客户称呼、{message} 客服输入的文字、{agent} 客服、{number} 会话编号、{time} 时间、{workspace} 公司；客服发送前可以修改", limit: (n: number) => `${n} 字`, url: "点开后打开的网址", example: "示例", preview: "预览",
  },
  notice: {
    offer: "用模板通知客户", lead: "普通回复已经不能发送，可以用模板通知客户一次：", left: (n: number) => `可发 ${n} 条`, any: "长期有效", once: "发送一条", choose: "选择模板", send: "发送通知", preview: "客户将看到", over: (n: number) => `超出 ${n} 字`, empty: "请填写", sent: "通知已加入发送队列", fromTemplate: (kind: string, title: string) => `${kind}：${title}`,
    refused: { no_consent: "客户没有同意接收", blocked_by_contact: "客户已取消关注" } as Record<string, string>, automatic: (kind: string, title: string, left: string) => `普通回复已不能发送，这条文字将自动以${kind}“${title}”发出（${left}）`, automaticOnce: "客户有反应前只发一条", cut: (n: number) => `，末尾 ${n} 字发不出去`, noConsentTemplate: "已通知过一次，等客户有反应后才能再发",
  },
  event: {
    subscribe_msg_popup_event: "选择了是否接收订阅通知", subscribe_msg_change_event: "修改了订阅通知设置", menu_view_miniprogram: "打开了小程序", scancode_push: "用菜单扫了码", scancode_waitmsg: "用菜单扫了码", pic_weixin: "用菜单发了图片", pic_sysphoto: "用菜单拍了照", pic_photo_or_album: "用菜单发了图片", location_select: "用菜单发了位置",
    user_get_card: "领取了卡券", user_gifting_card: "转赠了卡券", user_del_card: "删除了卡券", user_consume_card: "卡券已核销", user_view_card: "打开了会员卡", user_enter_session_from_card: "从卡券进入了会话", update_member_card: "会员卡内容有更新", submit_membercard_user_info: "提交了会员卡资料", card_pass_check: "卡券通过了审核", card_not_pass_check: "卡券没有通过审核", card_sku_remind: "卡券库存不足", card_pay_order: "券点有变动",
    user_pay_from_pay_cell: "用微信买单付了款", merchant_order: "在小店下单付了款", kf_create_session: "微信平台的客服接入了会话", kf_close_session: "微信平台的客服结束了会话", kf_switch_session: "微信平台的客服转接了会话", device_text: "设备发来了数据", device_bind: "绑定了设备", device_unbind: "解绑了设备", device_subscribe_status: "开始接收设备状态", device_unsubscribe_status: "不再接收设备状态",
    shakearoundusershake: "摇到了周边", wificonnected: "连上了门店 Wi-Fi", poi_check_notify: "门店审核有了结果", user_scan_product: "扫了商品码", user_scan_product_enter_session: "从商品主页进入了会话", user_scan_product_async: "打开了商品主页", user_scan_product_verify_action: "商品信息审核有了结果", user_authorize_invoice: "授权了电子发票", submit_invoice_title: "提交了发票抬头", update_invoice_status: "发票状态有变化",
    qualification_verify_success: "账号资质认证成功", qualification_verify_fail: "账号资质认证失败", naming_verify_success: "账号名称认证成功", naming_verify_fail: "账号名称认证失败", annual_renew: "账号认证需要年审", verify_expired: "账号认证已过期", masssendjobfinish: "群发已完成", publishjobfinish: "发布已完成", wxa_media_check: "小程序内容检测有了结果",
  } as Record<string, string>,
  source: {
    ADD_SCENE_SEARCH: "搜一搜", ADD_SCENE_ACCOUNT_MIGRATION: "账号迁移", ADD_SCENE_PROFILE_CARD: "名片分享", ADD_SCENE_QR_CODE: "扫描二维码", ADD_SCENE_PROFILE_LINK: "图文页内账号名", ADD_SCENE_PROFILE_ITEM: "图文页菜单", ADD_SCENE_PAID: "支付后关注",
    ADD_SCENE_WECHAT_ADVERTISEMENT: "微信广告", ADD_SCENE_REPRINT: "他人转载", ADD_SCENE_LIVESTREAM: "视频号直播", ADD_SCENE_CHANNELS: "视频号", ADD_SCENE_WXA: "小程序", ADD_SCENE_OTHERS: "其他",
  } as Record<string, string>,
  joined: (name: string) => `与“${name}”确认为同一位客户，已合并`, scanned: (name: string) => `“${name}”`,
  sendError: { no_consent: "客户没有同意再接收一条这样的通知", template_refused: "平台不接受这个模板或其中的内容", tag_refused: "平台不接受这个标签：可能重名、名称过长或数量已满", menu_refused: "平台不接受这份菜单" },
}
