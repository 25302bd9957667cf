"""nn.init: statistics, PyTorch's formulas, and generators of random numbers."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd import nn

RANDOM: list[tuple[str, dict[str, Any]]] = [
    ("uniform_", {"a": -1.0, "b": 3.0}),
    ("normal_", {"mean": 1.0, "std": 0.5}),
    ("trunc_normal_", {"mean": 0.5, "std": 2.0, "a": -1.0, "b": 3.0}),
    ("trunc_normal_", {"mean": 0.0, "std": 0.02}),
    ("trunc_normal_", {"mean": 3.0, "std": 1.0, "a": -2.0, "b": 2.0}),
    ("xavier_uniform_", {"gain": 2.0}),
    ("xavier_normal_", {}),
    ("kaiming_uniform_", {"a": 0.5, "mode": "fan_out"}),
    ("kaiming_normal_", {"nonlinearity": "relu"}),
    ("orthogonal_", {"gain": 1.5}),
    ("sparse_", {"sparsity": 0.3, "std": 0.7}),
]


@pytest.mark.parametrize(("name", "options"), RANDOM, ids=str)
def test_values_are_distributed_as_pytorchs(name: str, options: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    shape = (300, 200)
    tg.manual_seed(0)
    torch.manual_seed(0)
    x = tg.empty(*shape)
    assert getattr(nn.init, name)(x, **options) is x
    ours = np.sort(np.array(x.numpy()).ravel())
    theirs = np.sort(getattr(torch.nn.init, name)(torch.empty(*shape), **options).numpy().ravel())
    # Kolmogorov's and Smirnov's distance of two samples of 60 000; 0.011 is exceeded once in 1000.
    both = np.concatenate([ours, theirs])
    below = [np.searchsorted(one, both, side="right") / one.size for one in (ours, theirs)]
    assert np.abs(below[0] - below[1]).max() < 0.012
    assert abs(ours.std() / theirs.std() - 1) < 0.03
    assert (ours[0] >= theirs[0] - 0.5 * theirs.std()).all()


@pytest.mark.parametrize(("name", "options"), RANDOM, ids=str)
def test_a_generator_makes_them_repeatable(name: str, options: dict[str, Any]) -> None:
    def drawn(seed: int) -> Any:
        state = tg.get_rng_state()
        generator = tg.Generator().manual_seed(seed)
        values = getattr(nn.init, name)(tg.empty(20, 10), **options, generator=generator)
        assert tg.equal(state, tg.get_rng_state())
        return values

    assert tg.equal(drawn(1), drawn(1))
    assert not tg.equal(drawn(1), drawn(2))


FIXED: list[tuple[str, tuple[int, ...], tuple[Any, ...]]] = [
    ("constant_", (2, 3), (0.3,)),
    ("ones_", (2, 3), ()),
    ("zeros_", (2, 3), ()),
    ("eye_", (3, 5), ()),
    ("eye_", (5, 3), ()),
    ("dirac_", (4, 3, 3), ()),
    ("dirac_", (6, 2, 3, 4), (3,)),
    ("dirac_", (2, 5, 2, 3, 1), (2,)),
]


@pytest.mark.parametrize(("name", "shape", "args"), FIXED, ids=str)
def test_fixed_values_are_pytorchs(name: str, shape: tuple[int, ...], args: Any) -> None:
    torch = pytest.importorskip("torch")
    ours = getattr(nn.init, name)(tg.empty(*shape), *args).numpy()
    theirs = getattr(torch.nn.init, name)(torch.empty(*shape), *args).numpy()
    np.testing.assert_array_equal(ours, theirs)


def test_gains_are_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    for name in ("linear", "conv2d", "conv_transpose3d", "sigmoid", "tanh", "relu", "selu"):
        assert nn.init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
    for param in (None, 0.2, 1):
        assert nn.init.calculate_gain("leaky_relu", param) == torch.nn.init.calculate_gain(
            "leaky_relu", param
        )
    for name, param in (("other", None), ("leaky_relu", "a"), ("leaky_relu", True)):
        with pytest.raises(ValueError, match=r"Unsupported nonlinearity|not a valid number"):
            nn.init.calculate_gain(name, param)  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(4, 4), (3, 7), (7, 3), (3, 2, 5)])
def test_orthogonal_rows_or_columns(shape: tuple[int, ...]) -> None:
    q = np.array(nn.init.orthogonal_(tg.empty(*shape), gain=2.0).numpy()).reshape(shape[0], -1) / 2
    product = q @ q.T if q.shape[0] <= q.shape[1] else q.T @ q
    np.testing.assert_allclose(product, np.eye(product.shape[0]), atol=1e-5)


@pytest.mark.parametrize("sparsity", [0.0, 0.1, 0.5, 1.0])
def test_each_column_of_sparse_has_its_zeros(sparsity: float) -> None:
    values = nn.init.sparse_(tg.empty(10, 6), sparsity, std=1.0)
    assert (values == 0).sum(0).tolist() == [int(np.ceil(sparsity * 10))] * 6
    columns = {tuple((values[:, i] == 0).tolist()) for i in range(6)}
    assert len(columns) > 1 or sparsity in (0.0, 1.0)


def test_nothing_is_recorded_and_dtypes_stay() -> None:
    parameter = nn.Parameter(tg.empty(4, 4, dtype=tg.float64))
    for name, options in RANDOM:
        result = getattr(nn.init, name)(parameter, **options)
        assert result is parameter
        assert parameter.is_leaf
        assert parameter.dtype == tg.float64


def test_the_old_names_warn_and_do_the_same() -> None:
    torch = pytest.importorskip("torch")
    for name in ("uniform", "normal", "constant", "eye", "dirac", "sparse", "orthogonal"):
        args = {"constant": (2.0,), "sparse": (0.5,)}.get(name, ())
        shape = (3, 3, 3) if name == "dirac" else (3, 3)
        with pytest.warns(FutureWarning, match=f"`nn.init.{name}` is now deprecated in favor of"):
            assert tuple(getattr(nn.init, name)(tg.empty(*shape), *args).shape) == shape
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert nn.init.kaiming_normal(tg.empty(2, 2)) is not None
    public = {name for name in dir(torch.nn.init) if not name.startswith("_")}
    modules = {"math", "torch", "warnings", "Tensor", "Callable", "Literal", "TypeVar", "ParamSpec"}
    assert public - modules - set(dir(nn.init)) == set()


@pytest.mark.parametrize(
    ("name", "shape", "options", "text"),
    [
        ("eye_", (3,), {}, "Only tensors with 2 dimensions are supported"),
        ("sparse_", (3,), {"sparsity": 0.1}, "Only tensors with 2 dimensions are supported"),
        ("dirac_", (3, 3), {}, "Only tensors with 3, 4, or 5 dimensions are supported"),
        ("dirac_", (3, 3, 3), {"groups": 2}, "dim 0 must be divisible by groups"),
        ("orthogonal_", (3,), {}, "Only tensors with 2 or more dimensions are supported"),
        ("xavier_normal_", (3,), {}, "fewer than 2 dimensions"),
        ("kaiming_normal_", (3, 3), {"mode": "both"}, "Mode both not supported"),
        ("trunc_normal_", (3,), {"a": 2.0, "b": 1.0}, "a must be less than b"),
    ],
)
def test_wrong_arguments_raise(name: str, shape: Any, options: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        getattr(nn.init, name)(tg.empty(*shape), **options)
    with pytest.raises(TypeError, match="must be Tensor"):
        getattr(nn.init, name)([1.0], **options)
