"""The pages of the channel types say what the types declare."""

import pytest

from channels import CHANNEL_TYPES, pages
from scrm.ports import abilities


@pytest.mark.parametrize("name", sorted(pages.pages()))
def test_a_page_is_fresh(name: str) -> None:
    written = (pages.FOLDER / name).read_text(encoding="utf-8")
    assert written == pages.pages()[name], "run: python -m channels.pages"


def test_there_is_a_page_for_each_type_and_no_other() -> None:
    assert {path.name for path in pages.FOLDER.iterdir()} == {
        "README.md", *(f"{kind.type}.md" for kind in CHANNEL_TYPES.all()),
    }  # fmt: skip


def test_every_setting_stands_on_its_page() -> None:
    for kind in CHANNEL_TYPES.all():
        text = pages.page(kind)
        assert all(f"`{setting.name}`" in text for setting in kind.settings)


def test_every_ability_has_a_sentence_and_every_type_a_page_by_hand() -> None:
    protocols = {each for each in vars(abilities).values() if getattr(each, "_is_protocol", False)}
    assert set(pages.ABILITIES) == {each for each in protocols if each.__module__ == abilities.__name__}
    assert set(pages.MORE) == {kind.type for kind in CHANNEL_TYPES.all()}
    assert all((pages.FOLDER / target).exists() for target in pages.MORE.values())
