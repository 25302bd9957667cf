"""Calls of every op on NumPy arrays, chosen by another hand than the registry's samples.

`CASES[name]` is a list of (args, kwargs) with PyTorch's argument names; arrays stand for tensors
and `Kind("float64")` for a dtype. They serve the comparison with PyTorch and check the oracles.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers import Kind

Case = tuple[tuple[Any, ...], dict[str, Any]]
CASES: dict[str, list[Case]] = {}
_rng = np.random.default_rng(3)


def add_case(names: str, *args: Any, **kwargs: Any) -> None:
    """Record one call for each of the blank-separated names."""
    for name in names.split():
        CASES.setdefault(name, []).append((args, kwargs))


def normal(*shape: int) -> Any:
    """Return standard normal numbers."""
    return np.asarray(_rng.standard_normal(shape))


def uniform(low: float, high: float, *shape: int) -> Any:
    """Return numbers spread evenly over [low, high)."""
    return np.asarray(_rng.uniform(low, high, shape))


def integers(low: int, high: int, *shape: int) -> Any:
    """Return int64 numbers in [low, high)."""
    return np.asarray(_rng.integers(low, high, shape))


def booleans(*shape: int) -> Any:
    """Return random truth values."""
    return np.asarray(_rng.random(shape) < 0.5)


_UNARY = {
    (-3.0, 3.0): """neg abs sign exp expm1 sin cos tan tanh sigmoid relu gelu softplus silu elu
        leaky_relu erf floor ceil round trunc isnan isinf isfinite square logical_not erfc exp2 mish
        celu selu hardtanh hardsigmoid hardswish relu6 softsign tanhshrink logsigmoid sinh cosh
        asinh atan frac positive clone contiguous detach nan_to_num signbit""",
    (0.1, 4.0): "log log1p log2 log10 sqrt rsqrt reciprocal",
    (-0.9, 0.9): "asin acos atanh",
    (1.1, 3.0): "acosh",
}
for (_low, _high), _names in _UNARY.items():
    for _shape in [(3, 4), (), (2, 1, 5), (0,), (17,)]:
        add_case(_names, uniform(_low, _high, *_shape))

_SPECIAL = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e-40, 88.0, -88.0, 1e30])
add_case(
    """neg abs sign exp expm1 log log1p log2 sqrt rsqrt square reciprocal sin cos tanh sigmoid relu
    softplus erf floor ceil round trunc isnan isinf isfinite leaky_relu elu""",
    _SPECIAL,
)
add_case("gelu silu", _SPECIAL[-np.inf < _SPECIAL])  # at -inf PyTorch gives NaN, the limit is 0
add_case("neg abs sign square relu logical_not isnan isfinite", integers(-5, 6, 4, 3))
add_case("exp sqrt sigmoid sin tanh log1p reciprocal", integers(1, 5, 4, 3))
add_case("logical_not bitwise_not", booleans(3, 4))
add_case("bitwise_left_shift bitwise_right_shift", integers(-9, 9, 4), integers(0, 5, 4))
add_case("bitwise_not", integers(-9, 9, 5))
add_case("round", normal(3, 3) * 10, decimals=1)
add_case("gelu", normal(3, 3), approximate="tanh")
add_case("softplus", normal(3, 3) * 20, beta=2.0, threshold=10.0)
add_case("leaky_relu", normal(3, 3), negative_slope=0.3)
add_case("elu celu", normal(3, 3), alpha=1.7)
add_case("hardtanh", normal(3, 3), min_val=-0.4, max_val=0.9)

_ARITHMETIC = "add sub mul maximum minimum"
_COMPARISON = "eq ne lt le gt ge"
_LOGIC = "logical_and logical_or logical_xor"
for _left, _right in [((3, 4), (3, 4)), ((3, 1), (4,)), ((), (2, 3)), ((2, 0), (1,)), ((5,), ())]:
    add_case(f"{_ARITHMETIC} {_COMPARISON} {_LOGIC} atan2", normal(*_left), normal(*_right))
    add_case("div floor_divide remainder", normal(*_left), uniform(0.3, 2, *_right))
    add_case("pow", uniform(0.2, 3, *_left), uniform(-2, 3, *_right))
    add_case(
        f"{_ARITHMETIC} {_COMPARISON} {_LOGIC}", integers(-4, 5, *_left), integers(1, 4, *_right)
    )
    add_case("floor_divide remainder", integers(-7, 8, *_left), integers(1, 4, *_right))
    add_case("div", integers(-7, 8, *_left), integers(1, 4, *_right))
    add_case("pow", integers(-4, 5, *_left), integers(0, 4, *_right))
    add_case("bitwise_and bitwise_or bitwise_xor", integers(-7, 8, *_left), integers(0, 9, *_right))
    add_case(
        f"bitwise_and bitwise_or bitwise_xor {_LOGIC} eq ne", booleans(*_left), booleans(*_right)
    )
add_case("add sub", normal(2, 3), normal(3), alpha=-2.5)
add_case("add sub mul div remainder floor_divide pow eq lt", normal(2, 3), 2)
add_case("add sub mul div eq ge", normal(2, 3), 0.5)
add_case("add mul floor_divide remainder pow eq", integers(-4, 5, 6), 3)
add_case("div", normal(2, 3) * 9, uniform(0.5, 2, 2, 3), rounding_mode="floor")
add_case("div", normal(2, 3) * 9, uniform(0.5, 2, 2, 3), rounding_mode="trunc")
add_case("div", integers(-9, 9, 4), integers(1, 4, 4), rounding_mode="trunc")
add_case("div", integers(-9, 9, 4), integers(1, 4, 4), rounding_mode="floor")
add_case("pow", normal(2, 3), 3)
add_case("pow", uniform(0.1, 2, 2, 3), -0.5)
add_case("pow", 2.5, normal(2, 3))
add_case(
    "floor_divide remainder", np.array([5.0, -5.0, 5.5, -5.5]), np.array([3.0, 3.0, -3.0, -3.0])
)
add_case("where", booleans(3, 4), normal(3, 4), normal(4))
add_case("where", booleans(3, 1), normal(1, 4), 0.0)
add_case("where", booleans(), integers(0, 5, 3), integers(0, 5, 3))
add_case("clamp", normal(3, 4), -0.5, 0.7)
add_case("clamp", normal(3, 4), min=0.1)
add_case("clamp", normal(3, 4), max=-0.1)
add_case("clamp", normal(3, 4), normal(4) - 1, normal(3, 1) + 1)
add_case("clamp", integers(-9, 9, 6), -3, 3)
add_case("lerp", normal(3), normal(3), 0.3)
add_case("lerp", normal(3), normal(3), uniform(0, 1, 3))
add_case("addcmul", normal(3), normal(2, 3), normal(2, 1), value=0.5)
add_case("addcdiv", normal(3), normal(2, 3), uniform(0.5, 2, 2, 1), value=0.5)

_ALONG = "sum mean amax amin argmax argmin any all logsumexp std var"
for _dim in (0, 1, -1):
    add_case(f"{_ALONG} prod max min", normal(3, 4, 2), _dim)
    add_case(f"{_ALONG} prod max min", normal(3, 4, 2), dim=_dim, keepdim=True)
    add_case("cumsum cumprod sort argsort", normal(3, 4, 2), _dim)
add_case("sum mean prod max min argmax argmin any all std var", normal(3, 4))
add_case("amax amin", normal(3, 4))
add_case("sum mean prod max min argmax argmin any all amax amin", normal())
add_case("sum mean amax amin std var logsumexp", normal(3, 4, 2), (0, 2))
add_case("sum mean amax amin std var logsumexp", normal(3, 4, 2), dim=(-1, 0), keepdim=True)
add_case("sum prod any all", np.zeros((0,)))
add_case("sum mean prod any all logsumexp", np.zeros((2, 0)), 1)
add_case("sum mean prod amax argmax cumsum sort std", np.zeros((2, 0)), 0)
add_case("sum prod cumsum cumprod", integers(-3, 4, 3, 4), 1)
add_case("max min amax amin argmax argmin any all sort", integers(-9, 9, 3, 4), 1)
add_case("sum any all", booleans(3, 4), 0)
add_case("sum mean prod cumsum", integers(0, 5, 3, 4), dim=0, dtype=Kind("float64"))
add_case("std var", normal(3, 4), 1, correction=0)
add_case("std var", normal(3, 4), dim=None, correction=2)
add_case("std var", normal(3, 4), unbiased=False, dim=1)
add_case("logsumexp", np.array([[1e3, 1e3, -1e3], [-np.inf, -np.inf, -np.inf]]), 1)
add_case("max min", normal(3, 4), normal(4))
add_case("max min sum mean prod argmax", np.array([1.0, np.nan, 3.0]))
add_case("prod cumprod", np.array([2.0, 0.0, 3.0, 0.0, 5.0]), 0)
add_case("prod", np.array([[2.0, 0.0, 3.0], [1.0, 4.0, 2.0]]))
for _order in (2, 1, 3.0, float("inf"), float("-inf"), 0):
    add_case("norm", normal(3, 4), _order, 1)
add_case("norm", normal(3, 4))
add_case("norm", normal(3, 4), dim=(0, 1), keepdim=True)
add_case("sort argsort", integers(0, 4, 3, 7), dim=1, descending=True, stable=True)
add_case("sort", normal(), 0)
add_case("topk", normal(3, 6), 2)
add_case("topk", normal(3, 6), 2, dim=0, largest=False)
_INTEGRALS = "trapezoid trapz cumulative_trapezoid"
add_case(_INTEGRALS, normal(2, 4))
add_case(_INTEGRALS, integers(0, 100, 4), dx=2)
add_case(_INTEGRALS, normal(4, 2), dx=0.5, dim=0)
add_case(_INTEGRALS, normal(2, 4), np.array([0.0, 0.5, 2.0, 2.25]))
add_case(_INTEGRALS, normal(2, 3, 4), np.cumsum(uniform(0.2, 1, 3, 4), 0), dim=1)
add_case(_INTEGRALS, normal(2, 1))
add_case("any all", normal(3, 4), dim=())
add_case("bincount", integers(0, 5, 9), minlength=7)
add_case("histc", uniform(0, 3, 40), bins=5, min=0.5, max=2.5)
add_case("cov", normal(3, 5), correction=2)
add_case("diff", booleans(7))
add_case("dist", normal(3, 1), normal(4), p=float("inf"))
add_case("std_mean var_mean", normal(3, 4), 1, False, True)
add_case("std_mean var_mean", normal(3, 4), unbiased=False)
add_case("normalize", normal(3, 4))
add_case("normalize", normal(3, 4), p=1.0, dim=0)

for _left, _right in [
    ((3, 4), (4, 5)), ((4,), (4, 5)), ((3, 4), (4,)), ((4,), (4,)), ((2, 3, 4), (4, 5)),
    ((2, 3, 4), (2, 4, 5)), ((6, 1, 3, 4), (2, 4, 5)), ((2, 3, 4), (4,)), ((4,), (2, 4, 5)),
    ((0, 4), (4, 5)), ((3, 0), (0, 5)),
]:  # fmt: skip
    add_case("matmul", normal(*_left), normal(*_right))
add_case("matmul mm", integers(-4, 5, 3, 4), integers(-4, 5, 4, 2))
add_case("mm", normal(3, 4), normal(4, 2))
add_case("bmm", normal(2, 3, 4), normal(2, 4, 5))
add_case("mv", normal(3, 4), normal(4))
add_case("dot", normal(4), normal(4))
add_case("outer", normal(3), normal(4))
add_case("addmm", normal(5), normal(3, 4), normal(4, 5))
add_case("addmm", normal(3, 5), normal(3, 4), normal(4, 5), beta=0.5, alpha=-2.0)
add_case("baddbmm", normal(2, 3, 5), normal(2, 3, 4), normal(2, 4, 5), beta=0.5, alpha=2.0)
add_case("linear", normal(2, 3, 4), normal(5, 4), normal(5))
add_case("linear", normal(4), normal(5, 4))
for _equation, *_shapes in [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("bij,bjk->bik", (2, 2, 3), (2, 3, 2)),
    ("ii->i", (3, 3)),
    ("ii", (3, 3)),
    ("ij->ji", (2, 3)),
    ("i,j", (2,), (3,)),
    ("bhqd,bhkd->bhqk", (1, 2, 3, 2), (1, 2, 2, 2)),
    ("...ij,...jk->...ik", (2, 2, 3), (3, 2)),
    ("ij,jk,kl->il", (2, 3), (3, 2), (2, 2)),
    ("mnr,nk->mrk", (2, 3, 2), (3, 4)),
]:
    add_case("einsum", _equation, *(normal(*shape) for shape in _shapes))
add_case("tensordot", normal(2, 3, 4), normal(3, 4, 5))
add_case("tensordot", normal(2, 3, 4), normal(4, 2), dims=([2, 0], [0, 1]))

add_case("reshape view", normal(2, 6), (3, 4))
add_case("reshape view", normal(2, 6), (-1, 2))
add_case("reshape", normal(2, 6), shape=(12,))
add_case("permute", normal(2, 3, 4), (2, 0, 1))
add_case("transpose", normal(2, 3, 4), 0, -1)
add_case("t", normal(2, 3))
add_case("t", normal(3))
add_case("movedim", normal(2, 3, 4), 0, 2)
add_case("movedim", normal(2, 3, 4), (0, 1), (2, 0))
add_case("expand broadcast_to", normal(3, 1), (2, 3, 4))
add_case("expand", normal(3, 1), (-1, 4))
add_case("expand_as", normal(3, 1), normal(2, 3, 4))
add_case("squeeze", normal(2, 1, 3, 1))
add_case("squeeze", normal(2, 1, 3, 1), 1)
add_case("squeeze", normal(2, 1, 3, 1), (0, 1, -1))
add_case("unsqueeze", normal(2, 3), -1)
add_case("unsqueeze", normal(2, 3), 0)
add_case("flatten", normal(2, 3, 4))
add_case("flatten", normal(2, 3, 4), 1)
add_case("flatten", normal(2, 3, 4), start_dim=0, end_dim=1)
add_case("flatten", normal())
add_case("unflatten", normal(2, 6), 1, (2, -1))
add_case("cat", [normal(2, 3), normal(1, 3), normal(0, 3)])
add_case("cat", [normal(2, 3), normal(2, 1)], dim=-1)
add_case("cat", [integers(0, 5, 2), normal(3)], 0)
add_case("stack", [normal(2, 3), normal(2, 3)])
add_case("stack", [normal(2, 3), normal(2, 3)], dim=-1)
add_case("split", normal(5, 2), 2)
add_case("split", normal(2, 5), [1, 4], dim=1)
add_case("chunk", normal(5, 2), 3)
add_case("chunk", normal(2, 6), 2, dim=1)
add_case("unbind", normal(3, 2))
add_case("unbind", normal(3, 2), 1)
add_case("narrow", normal(4, 3), 0, 1, 2)
add_case("select", normal(4, 3), 1, -1)
add_case("flip", normal(2, 3, 2), (0, 2))
add_case("roll", normal(2, 5), 2)
add_case("roll", normal(2, 5), (1, -2), (0, 1))
add_case("pad", normal(2, 3), (1, 2))
add_case("pad", normal(2, 3), (1, -1, 0, 2), value=0.5)
add_case("pad", normal(2, 3, 4), (2, 1), mode="reflect")
add_case("pad", normal(2, 3, 4), (2, 1), mode="replicate")
add_case("pad", normal(2, 3, 4), (2, 1), mode="circular")
add_case("repeat tile", normal(2, 3), (2, 1, 2))
add_case("repeat_interleave", normal(2, 3), 2)
add_case("repeat_interleave", normal(2, 3), 3, dim=1)
add_case("repeat_interleave", normal(3, 2), np.array([1, 0, 2]), dim=0)
add_case("tril triu", normal(4, 3))
add_case("tril triu", normal(2, 3, 4), diagonal=-1)
add_case("diag", normal(3))
add_case("diag", normal(3, 4), 1)
add_case("diagonal", normal(3, 4))
add_case("diagonal", normal(2, 3, 4), offset=-1, dim1=1, dim2=2)

add_case("gather", normal(3, 4), 1, integers(0, 4, 3, 2))
add_case("gather", normal(3, 4), 0, integers(0, 3, 2, 4))
add_case("scatter", normal(3, 4), 1, np.array([[0, 2], [1, 3], [3, 0]]), normal(3, 2))
add_case("scatter", normal(3, 4), 1, np.array([[0, 2], [1, 3], [3, 0]]), value=2.0)
add_case("scatter_add", normal(3, 4), 1, integers(0, 4, 3, 6), normal(3, 6))
add_case("scatter_add", normal(3, 4), 0, integers(0, 3, 2, 4), normal(2, 4))
add_case("index_select", normal(3, 4), 1, np.array([3, 0, 0]))
add_case("index_add", normal(3, 4), 0, np.array([0, 2, 0]), normal(3, 4))
add_case("index_add", normal(3, 4), 1, np.array([1, 1]), normal(3, 2), alpha=-2.0)
add_case("masked_fill", normal(3, 4), booleans(4), 2.5)
add_case("masked_select", normal(3, 4), booleans(3, 4))
add_case("nonzero", np.array([[1.0, 0.0], [0.0, 2.0]]))
add_case("nonzero", booleans(3, 4), as_tuple=True)
add_case("take_along_dim", normal(3, 4), integers(0, 4, 3, 2), dim=1)
add_case("take_along_dim", normal(3, 4), integers(0, 12, 5))
add_case("one_hot", integers(0, 4, 2, 3))
add_case("one_hot", integers(0, 4, 3), num_classes=6)

add_case("softmax log_softmax", normal(3, 4), dim=1)
add_case("softmax log_softmax", normal(3, 4), dim=0)
add_case("softmax log_softmax", normal(2, 0, 3), dim=1)
add_case("softmax log_softmax", np.array([[1e4, 1e4 - 1.0, -1e4]]), dim=-1)
for _reduction in ("mean", "sum", "none"):
    add_case(
        "mse_loss l1_loss smooth_l1_loss huber_loss",
        normal(3, 4),
        normal(3, 4),
        reduction=_reduction,
    )
    add_case(
        "binary_cross_entropy", uniform(0.05, 0.95, 3, 4), uniform(0, 1, 3, 4), reduction=_reduction
    )
    add_case(
        "binary_cross_entropy_with_logits",
        normal(3, 4) * 9,
        uniform(0, 1, 3, 4),
        reduction=_reduction,
    )
    add_case("cross_entropy", normal(4, 3), integers(0, 3, 4), reduction=_reduction)
    add_case("cross_entropy", normal(2, 3, 2, 2), integers(0, 3, 2, 2, 2), uniform(0.5, 2, 3),
             reduction=_reduction, label_smoothing=0.1, ignore_index=1)  # fmt: skip
    add_case("cross_entropy", normal(4, 3), np.full((4, 3), 1 / 3), reduction=_reduction)
    add_case(
        "nll_loss",
        -uniform(0, 3, 4, 3),
        integers(0, 3, 4),
        uniform(0.5, 2, 3),
        reduction=_reduction,
    )
    add_case("kl_div", -uniform(0.1, 3, 4, 3), uniform(0, 1, 4, 3), reduction=_reduction)
add_case("cross_entropy", normal(3), np.array(2))
add_case(
    "linear_cross_entropy",
    normal(5, 4),
    normal(3, 4),
    integers(0, 3, 5),
    linear_bias=normal(3),
    label_smoothing=0.1,
)
add_case("nll_loss", -uniform(0, 3, 4, 3), np.array([0, -100, 2, 1]))
add_case(
    "binary_cross_entropy_with_logits",
    normal(3, 4),
    uniform(0, 1, 3, 4),
    uniform(0, 2, 4),
    pos_weight=uniform(0.5, 2, 4),
)
add_case("layer_norm", normal(2, 3, 4), (4,))
add_case("layer_norm", normal(2, 3, 4), (3, 4), normal(3, 4), normal(3, 4), eps=1e-3)
add_case("rms_norm", normal(2, 3, 4), (4,), normal(4), 1e-6)
add_case("group_norm", normal(2, 6, 3), 3, normal(6), normal(6))
add_case("batch_norm", normal(4, 3), None, None, normal(3), normal(3), True)
add_case(
    "batch_norm",
    normal(2, 3, 2, 2),
    normal(3),
    uniform(0.5, 2, 3),
    normal(3),
    normal(3),
    training=True,
)
add_case(
    "batch_norm", normal(2, 3, 2, 2), normal(3), uniform(0.5, 2, 3), normal(3), normal(3), False
)
add_case("batch_norm", normal(4, 3), normal(3), uniform(0.5, 2, 3))
add_case("conv2d", normal(2, 2, 5, 6), normal(3, 2, 3, 2), normal(3))
add_case("conv2d", normal(2, 2, 5, 6), normal(3, 2, 3, 3), stride=2, padding=1)
add_case(
    "conv2d", normal(1, 4, 5, 6), normal(4, 1, 3, 3), padding=(1, 2), dilation=(1, 2), groups=4
)
add_case("conv2d", normal(1, 4, 5, 5), normal(6, 2, 1, 1), normal(6), stride=(2, 1), groups=2)
add_case("conv2d", normal(2, 5, 5), normal(3, 2, 3, 3), padding="same")
add_case("conv2d", normal(1, 2, 5, 5), normal(3, 2, 2, 2), padding="valid")
add_case("conv1d", normal(2, 3, 7), normal(4, 3, 3), normal(4), stride=2, padding=1)
add_case("conv1d", normal(2, 4, 7), normal(4, 2, 2), groups=2, dilation=2)
add_case("conv3d", normal(1, 2, 4, 5, 3), normal(3, 2, 2, 3, 1), normal(3), padding=1)
add_case("max_pool1d avg_pool1d", normal(2, 3, 7), 3, 2, 1)
add_case("max_pool3d avg_pool3d", normal(1, 2, 4, 5, 4), 2, 2, ceil_mode=True)
add_case("max_pool2d avg_pool2d", normal(2, 2, 5, 6), 2)
add_case("max_pool2d avg_pool2d", normal(2, 2, 7, 6), 3, stride=2, padding=1)
add_case("max_pool2d avg_pool2d", normal(2, 5, 6), (3, 2), 2, ceil_mode=True)
add_case("max_pool2d_with_indices", normal(1, 1, 7, 7), 2, stride=1, dilation=2)
add_case("avg_pool2d", normal(1, 2, 6, 6), 3, 2, 1, False, False)
add_case("avg_pool2d", normal(1, 2, 6, 6), 2, divisor_override=3)
add_case("scaled_dot_product_attention", normal(2, 2, 3, 4), normal(2, 2, 5, 4), normal(2, 2, 5, 3))
add_case(
    "scaled_dot_product_attention",
    normal(2, 3, 4),
    normal(2, 3, 4),
    normal(2, 3, 4),
    is_causal=True,
)
add_case(
    "scaled_dot_product_attention",
    normal(2, 3, 4),
    normal(2, 5, 4),
    normal(2, 5, 4),
    normal(3, 5),
    scale=0.3,
)
add_case(
    "scaled_dot_product_attention",
    normal(2, 3, 4),
    normal(2, 5, 4),
    normal(2, 5, 4),
    np.tri(3, 5, 1) > 0,
)
add_case("xlogy", np.array([0.0, 1.0, 2.0]), np.array([0.0, 2.0, 3.0]))
add_case("fmax fmin hypot copysign logaddexp", normal(2, 3), normal(3))
add_case("fmod", normal(2, 3) * 5, uniform(0.5, 2, 3))
add_case("rsub", normal(2, 3), normal(3), alpha=2)
add_case("isclose", normal(3), normal(3), atol=1.0)
add_case("count_nonzero", integers(0, 2, 3, 4), 1)
add_case("var_mean", normal(3, 4), dim=(1,), correction=0, keepdim=True)
add_case("view_as reshape_as", normal(2, 6), normal(3, 4))
add_case("split_with_sizes", normal(5, 2), [2, 3])
add_case("unfold", normal(3, 7), 1, 3, 2)
add_case("clamp_min clamp_max", normal(5), 0.2)
add_case("embedding", integers(0, 5, 2, 3), normal(5, 4))
add_case("embedding", integers(0, 5, 6), normal(5, 4), padding_idx=2)
add_case("cosine_similarity", normal(3, 4), normal(3, 4))
add_case("glu", normal(3, 4))
add_case("dropout", normal(3, 4), p=0.0)
add_case("dropout", normal(3, 4), 0.4, training=False)

for _reduce in ("sum", "prod", "mean", "amax", "amin"):
    add_case("scatter_reduce", normal(3, 4), 0, integers(0, 3, 5, 4), normal(5, 4), _reduce)
    add_case("scatter_reduce", normal(3, 4), -1, integers(0, 4, 2, 5), normal(2, 5), _reduce,
             include_self=False)  # fmt: skip
    if _reduce != "sum":
        add_case("index_reduce", normal(3, 4), 1, integers(0, 4, 5), normal(3, 5), _reduce)
        add_case("index_reduce", normal(3, 4), 0, np.array([1, 1]), normal(2, 4), _reduce,
                 include_self=False)  # fmt: skip
add_case("index_copy", normal(3, 4), 1, np.array([2, 0]), normal(3, 2))
add_case("index_fill", normal(3, 4), 1, np.array([2, 0]), 1.5)
add_case("masked_scatter", normal(3, 4), booleans(4), normal(3, 4))
add_case("take", normal(3, 4), integers(-12, 12, 2, 3))
add_case("put", normal(3, 4), np.array([[3, -1]]), normal(1, 2))
add_case("put", normal(3, 4), np.array([3, 3, 0]), normal(3), accumulate=True)
add_case("select_scatter", normal(3, 4), normal(3), 1, -2)
add_case("slice_scatter", normal(3, 4), normal(3, 2), 1, step=2)
add_case("diagonal_scatter", normal(2, 3, 4), normal(2, 2), offset=2, dim1=1, dim2=2)
add_case("as_strided", normal(3, 4), (2, 3), (4, 1), 1)
add_case("hstack vstack row_stack dstack column_stack", [normal(2, 3), normal(2, 3)])
add_case("hstack vstack row_stack dstack column_stack", [normal(3), normal(3)])
add_case("concat concatenate", [normal(2, 3), normal(2, 1)], dim=1)
add_case("block_diag", normal(2, 3), normal(), normal(2))
add_case("broadcast_tensors", normal(2, 1), normal(3), normal())
add_case("atleast_1d atleast_2d atleast_3d", normal(3))
add_case("atleast_1d atleast_2d atleast_3d", normal(), normal(2, 3))
add_case("meshgrid", normal(2), normal(3), indexing="xy")
add_case("cartesian_prod", normal(2), normal(3), normal(2))
add_case("combinations", normal(4), r=3)
add_case("combinations", normal(3), with_replacement=True)
add_case("tensor_split", normal(5, 2), 3)
add_case("tensor_split", normal(2, 5), (1, -1), dim=1)
add_case("hsplit vsplit", normal(4, 6), 2)
add_case("dsplit", normal(2, 2, 6), [1, 3])
add_case("unsafe_split unsafe_chunk", normal(5, 2), 2)
add_case("fliplr flipud rot90 ravel adjoint", normal(2, 3))
add_case("diag_embed", normal(2, 3), 1, dim1=0, dim2=2)
add_case("diagflat", normal(2, 2), -1)
add_case("sum_to_size", normal(2, 3, 4), (3, 1))
add_case("swapaxes swapdims", normal(2, 3, 4), 0, 2)
add_case("argwhere", booleans(3, 4))
add_case("nonzero_static", booleans(3, 4), size=20, fill_value=-7)
add_case("unravel_index", integers(0, 12, 5), (3, 4))
add_case("searchsorted", np.sort(abs(normal(5))), normal(2, 3))
add_case("searchsorted", np.sort(abs(normal(2, 5))), normal(2, 3), right=True, out_int32=True)
add_case("bucketize", normal(2, 3), np.sort(abs(normal(5))), right=True)
add_case("isin", integers(0, 9, 3, 4), integers(0, 9, 4), invert=True)
add_case("isin", normal(3), normal(4))
add_case("zeros ones", (2, 3))
add_case("zeros ones", 4, dtype=Kind("int64"))
add_case("full", (2, 3), 2.5)
add_case("full", (2,), 7)
add_case("full", (), True)
add_case("arange", 5)
add_case("arange", 1, 10, 3)
add_case("arange", 0.5, 2.5, 0.25)
add_case("arange", 5, -3, -2)
add_case("arange", 3, dtype=Kind("float64"))
add_case("linspace", 0, 1, 5)
add_case("linspace", -2.5, 3.0, 1)
add_case("eye", 3)
add_case("eye", 2, 4, dtype=Kind("int32"))
add_case("zeros_like ones_like", normal(2, 3))
add_case("zeros_like ones_like", integers(0, 4, 3), dtype=Kind("float32"))
add_case("full_like", normal(2, 3), 1.5)
add_case("new_zeros new_ones", integers(0, 4, 3), (2, 2))
add_case("new_full", normal(3), (2,), 4.0)

import cases_windows  # noqa: E402, F401
