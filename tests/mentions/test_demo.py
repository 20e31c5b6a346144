"""The demo's outside: enough of it, varied, with one story that spreads, and read by the monitors it brings."""

from collections import Counter

from dashboards.monitor.mentions import expression, near
from nlp.terms import SearchCutter
from scrm.demo import outside
from tests.mentions.make import NOW, ZONE

FOLD = SearchCutter().fold


def test_weeks_of_posts_and_one_story() -> None:
    drafts = list(outside.posts(NOW, ZONE, 1))
    assert drafts == list(outside.posts(NOW, ZONE, 1))
    assert len({draft.url for draft in drafts}) == len(drafts) > 600
    assert all(
        draft.published_at <= NOW.astimezone(ZONE).isoformat() or "+00:00" in draft.published_at for draft in drafts
    )
    plain = [draft for draft in drafts if "发热" not in draft.text and "//@" not in draft.text][:200]
    pieces = [near.pairs(draft.text, FOLD) for draft in plain]
    alike = sum(near.alike(one, other) for place, one in enumerate(pieces) for other in pieces[place + 1 :])
    assert alike < 40  # of 19,900 pairs
    counted: Counter[str] = Counter()
    for monitor in outside._monitors(NOW):
        matcher = expression.compiled(monitor.expression, FOLD)
        counted[monitor.id] = sum(matcher.matches(f"{draft.title}\n{draft.text}") for draft in drafts)
    assert counted["demo-brand"] > counted["demo-rival-1"] > counted["demo-rival-2"] > 40
    assert 45 <= counted["demo-power"] <= 90
    assert min(counted.values()) > 15
