import pytest

import stale_image_delete
from stale_image_delete import Deleted, delete_images
from toolvet.sdk import Context


@pytest.fixture
def removed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    monkeypatch.setattr(stale_image_delete, "remove", names.append)
    return names


def test_each_image_is_deleted_once(removed: list[str]) -> None:
    result = delete_images(["shop-1111", "shop-2222", "shop-1111"], Context.for_tests())

    assert result == Deleted(["shop-1111", "shop-2222"])
    assert removed == ["shop-1111", "shop-2222"]


def test_progress_is_told(removed: list[str]) -> None:
    ctx = Context.for_tests()

    delete_images(["shop-1111", "shop-2222"], ctx)

    assert [(step["done"], step["total"]) for step in ctx.memory.progress] == [(1, 2), (2, 2)]
    assert len(removed) == 2


def test_the_registry_answers() -> None:
    stale_image_delete.remove("shop-4f2b")
