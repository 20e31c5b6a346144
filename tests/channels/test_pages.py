"""The pages of the channel types say what the types declare."""

import pytest

from channels import CHANNEL_TYPES, pages


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
