"""Second names of ops are the same objects, with PyTorch's values where it is installed."""

from __future__ import annotations

import pytest

import topograd as tg
from topograd._aliases import ALIASES


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_an_alias_is_the_op(alias: str, name: str) -> None:
    assert getattr(tg, alias) is getattr(tg, name)
    assert vars(tg.Tensor)[alias] is vars(tg.Tensor)[name]
    if hasattr(tg.Tensor, f"{name}_"):
        assert vars(tg.Tensor)[f"{alias}_"] is vars(tg.Tensor)[f"{name}_"]


@pytest.mark.parametrize("alias", ALIASES)
def test_pytorch_has_the_alias_in_the_same_places(alias: str) -> None:
    torch = pytest.importorskip("torch")
    for name in (alias, f"{alias}_"):
        assert hasattr(tg, name) == hasattr(torch, name)
        assert hasattr(tg.Tensor, name) == hasattr(torch.Tensor, name)


def test_promotion_and_casting() -> None:
    assert tg.promote_types(tg.float32, tg.complex64) == tg.complex64
    assert tg.promote_types(tg.uint8, tg.int8) == tg.int16
    assert tg.promote_types(tg.bool, tg.bool) == tg.bool
    assert tg.can_cast(tg.float64, tg.float16)
    assert not tg.can_cast(tg.complex64, tg.float64)
    assert not tg.can_cast(tg.int8, tg.bool)
    assert (2 / tg.tensor(4.0)).item() == tg.tensor(4.0).__rdiv__(2).item()  # type: ignore[attr-defined]
