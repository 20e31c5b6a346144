"""A file's rows to drafts, by the names its columns bear, in Chinese or English. Pure."""

from dashboards.monitor.mentions.listed import number
from scrm.errors import Invalid
from scrm.model.mentions import MentionKind
from scrm.ports.mentions import Draft, RawTable, Taken

_COLUMNS = {
    "url": "url link address 链接 网址 地址 原文链接 url地址 文章链接",
    "external_id": "id external_id 编号 微博id 文章id",
    "title": "title headline 标题 题目",
    "text": "text content body summary 内容 正文 文本 摘要 全文 微博正文",
    "author": "author user name 作者 用户 昵称 发布者 账号 用户昵称",
    "reach": "reach views followers 阅读量 阅读数 浏览量 粉丝数 传播量 影响力",
    "published_at": "published_at published date time 时间 发布时间 日期 发布日期",
    "kind": "kind type 类型 体裁",
    "site": "site source media platform 来源 媒体 平台 站点 网站 渠道",
    "repost_of": "repost_of original 原文 转发自 原微博",
}
_NAMES = {name: field for field, names in _COLUMNS.items() for name in names.split()}
_KINDS = {
    "article": MentionKind.ARTICLE, "news": MentionKind.ARTICLE,
    "文章": MentionKind.ARTICLE, "新闻": MentionKind.ARTICLE,
    "post": MentionKind.POST, "微博": MentionKind.POST, "帖子": MentionKind.POST, "笔记": MentionKind.POST,
    "comment": MentionKind.COMMENT, "评论": MentionKind.COMMENT, "回复": MentionKind.COMMENT,
}  # fmt: skip
_LONGEST = 20_000


def drafts(table: RawTable) -> tuple[list[Draft], list[Taken]]:
    """(what may be taken, what cannot). Raises Invalid: the first line names no column of text or title."""
    header = [_NAMES.get(cell.strip().lower().replace(" ", "_"), "") for cell in table.rows[0][1]]
    if "text" not in header and "title" not in header:
        raise Invalid("The first line must name the columns; one of them is text (正文) or title (标题).")
    refused = [Taken(line=line, state="refused", reason=reason) for line, reason in table.bad]
    found: list[Draft] = []
    for line, cells in table.rows[1:]:
        # More cells than columns: a comma or quotation mark went astray, and what stands where is a guess.
        if len([cell for cell in cells[len(header) :] if cell.strip()]):
            refused.append(Taken(line=line, state="refused", reason="bad_row", text=" ".join(cells)[:60]))
            continue
        values: dict[str, str] = {}
        for name, cell in zip(header, cells, strict=False):
            if name and cell.strip():
                values.setdefault(name, cell.strip()[:_LONGEST])
        kind, reach = values.pop("kind", ""), values.pop("reach", "")
        found.append(Draft(line=line, kind=_KINDS.get(kind.lower()), reach=number(reach), **values))
    return found, refused
