"""The word list a new workspace begins with: what a customer writes who is about to go to others with a complaint.

Short on purpose, and only phrases that say it by themselves: 投诉 alone is everyday talk, 投诉到媒体 is not.
"""

from scrm.clock import Clock
from scrm.ids import IdFactory, WordListId
from scrm.model.words import Word, WordAction, WordList
from scrm.ports.stores import Stores

RISK_LIST = "投诉升级风险"
# The consumers' and city hotlines and authorities; the law; the public.
RISK_WORDS = (
    *("12315", "12345热线", "12321", "黑猫投诉", "消费者协会", "消协", "工商局", "市场监管局", "市监局", "监管部门"),
    *("起诉", "法院见", "法院传票", "律师函", "走法律程序", "法律途径", "仲裁", "报警", "派出所"),
    *("曝光", "找媒体", "投诉媒体", "媒体投诉", "找记者", "联系记者", "上热搜", "发微博", "发抖音", "发小红书"),
    *("职业打假", "假一赔十", "退一赔三", "集体投诉", "联名投诉", "举报你们"),
)
# Long enough that few other words sound like them.
RISK_BY_SOUND = frozenset({"起诉", "曝光", "消协", "律师函", "举报你们"})

_VERSION = "word_lists.version"


async def first_lists(stores: Stores, clock: Clock, ids: IdFactory) -> bool:
    """Make it, once in a workspace's life: one that was deleted stays deleted."""
    if await stores.workspace.get(_VERSION) is not None:
        return False
    words = tuple(Word(text=word, sound=word in RISK_BY_SOUND) for word in RISK_WORDS)
    await stores.word_lists.save(
        WordList(id=WordListId(ids()), name=RISK_LIST, action=WordAction.RISK, words=words, updated_at=clock.now())
    )
    await stores.workspace.put(_VERSION, ids())
    return True
