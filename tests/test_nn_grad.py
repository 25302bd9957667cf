"""nn.grad beside PyTorch's, and differentiated again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd import nn

CASES: list[tuple[int, tuple[int, ...], tuple[int, ...], dict[str, Any]]] = [
    (1, (2, 4, 9), (6, 4, 3), {}),
    (1, (2, 4, 9), (6, 2, 3), {"stride": 2, "padding": 1, "groups": 2}),
    (2, (2, 3, 6, 7), (4, 3, 3, 2), {"dilation": 2, "padding": (2, 1)}),
    (3, (1, 2, 4, 5, 4), (3, 2, 2, 2, 3), {"stride": (1, 2, 1)}),
]


@pytest.mark.parametrize(("axes", "input_size", "weight_size", "options"), CASES, ids=str)
def test_gradients_of_convolutions(
    axes: int, input_size: Any, weight_size: Any, options: dict[str, Any]
) -> None:
    torch = pytest.importorskip("torch")
    generator = np.random.default_rng(0)
    x, w = generator.normal(size=input_size), generator.normal(size=weight_size)
    conv = getattr(torch.nn.functional, f"conv{axes}d")
    shape = conv(torch.from_numpy(x), torch.from_numpy(w), **options).shape
    g = generator.normal(size=tuple(shape))
    for name, args in (("input", (input_size, w, g)), ("weight", (x, weight_size, g))):
        function = f"conv{axes}d_{name}"
        results = []
        for lib in (tg, torch):
            given = [lib.from_numpy(one) if isinstance(one, np.ndarray) else one for one in args]
            results.append(getattr(lib.nn.grad, function)(*given, **options).numpy())
        np.testing.assert_allclose(*results, rtol=1e-10, atol=1e-10)


def test_they_are_recorded_only_where_that_is_wanted() -> None:
    w = tg.ones(1, 1, 2, requires_grad=True)
    g = tg.ones(1, 1, 2, requires_grad=True)
    y = nn.grad.conv1d_input((1, 1, 3), w, g)
    assert [one.tolist() for one in tg.autograd.grad(y.sum(), [w, g])] == [[[[2, 2]]], [[[2, 2]]]]
    with tg.no_grad():
        assert not nn.grad.conv1d_input((1, 1, 3), w, g).requires_grad
