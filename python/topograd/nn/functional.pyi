# Generated: python -m topograd._stubs, from the names in the running module.
# ruff: noqa: D205, D402, D403, I001, RUF022, RUF100
"""What `topograd.nn.functional` offers."""

from collections.abc import Sequence
from typing import overload

from topograd._C import (
    Tensor,
    _Operand,
    _ValuesIndices,
    _bool,
    _dtype,
    _float,
    _int,
    _str,
)
from topograd.nn.adapted import (
    elu,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    max_pool1d,
    max_pool2d,
    max_pool3d,
    mish,
    relu,
    relu6,
    silu,
)
from topograd.nn.composed import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    bilinear,
    cosine_similarity,
    dropout1d,
    dropout2d,
    group_norm,
    huber_loss,
    kl_div,
    pairwise_distance,
    rms_norm,
    smooth_l1_loss,
)
from topograd.nn.composed_activations import (
    celu,
    glu,
    prelu,
    selu,
    softmin,
    tanhshrink,
    threshold,
)

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm",
    "bilinear",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "celu",
    "conv1d",
    "conv2d",
    "conv3d",
    "cosine_similarity",
    "cross_entropy",
    "dropout",
    "dropout1d",
    "dropout2d",
    "elu",
    "embedding",
    "gelu",
    "glu",
    "group_norm",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log_softmax",
    "logsigmoid",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool2d_with_indices",
    "max_pool3d",
    "max_pool3d_with_indices",
    "mish",
    "mse_loss",
    "nll_loss",
    "one_hot",
    "pad",
    "pairwise_distance",
    "prelu",
    "relu",
    "relu6",
    "rms_norm",
    "scaled_dot_product_attention",
    "selu",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "softmax",
    "softmin",
    "softplus",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
]

def avg_pool1d(
    input: _Operand,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    ceil_mode: _bool = False,
    count_include_pad: _bool = True,
    divisor_override: _int | None = None,
) -> Tensor:
    """Mean of every window over 1 spatial dim(s); stride defaults to kernel_size.

    count_include_pad: padding counts in the divisor; divisor_override replaces the
    divisor.
    """

def avg_pool2d(
    input: _Operand,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    ceil_mode: _bool = False,
    count_include_pad: _bool = True,
    divisor_override: _int | None = None,
) -> Tensor:
    """Mean of every window over 2 spatial dim(s); stride defaults to kernel_size.

    count_include_pad: padding counts in the divisor; divisor_override replaces the
    divisor.
    """

def avg_pool3d(
    input: _Operand,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    ceil_mode: _bool = False,
    count_include_pad: _bool = True,
    divisor_override: _int | None = None,
) -> Tensor:
    """Mean of every window over 3 spatial dim(s); stride defaults to kernel_size.

    count_include_pad: padding counts in the divisor; divisor_override replaces the
    divisor.
    """

def batch_norm(
    input: _Operand,
    running_mean: _Operand | None,
    running_var: _Operand | None,
    weight: _Operand | None = None,
    bias: _Operand | None = None,
    training: _bool = False,
    momentum: _float = 0.1,
    eps: _float = 1e-05,
) -> Tensor:
    """(x - mean) / sqrt(var + eps) * weight + bias per channel of input (N, C, …).

    training: statistics of the batch (biased variance), and the running ones move towards
    them by momentum (with the unbiased
    variance); otherwise the running statistics. Source: Ioffe and Szegedy, 2015.
    """

def binary_cross_entropy(
    input: _Operand,
    target: _Operand,
    weight: _Operand | None = None,
    reduction: _str = "mean",
) -> Tensor:
    """-(target * log(input) + (1 - target) * log(1 - input)); logarithms are kept at -100 or
    above.

    input holds probabilities. Raises ShapeError unless the shapes are equal, ValueError
    outside [0, 1].
    """

def binary_cross_entropy_with_logits(
    input: _Operand,
    target: _Operand,
    weight: _Operand | None = None,
    reduction: _str = "mean",
    pos_weight: _Operand | None = None,
) -> Tensor:
    """Binary cross-entropy of logits, stable: (1 - t) * x + (1 + (p - 1) * t) * log(1 +
    exp(-x)).

    t: target in [0, 1], p: pos_weight (broadcasts, default 1). Raises ShapeError unless
    input and target have equal shapes.
    """

@overload
def conv1d(
    input: _Operand,
    weight: _Operand,
    bias: _Operand | None = None,
    stride: _int | Sequence[_int] = 1,
    padding: _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    groups: _int = 1,
) -> Tensor:
    """Convolution (cross-correlation) over 1 spatial dim(s).

    Shapes: input (N, C, …) or (C, …), weight (out, C / groups, …), bias (out,). Each size
    of the result is
    (in + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1. padding may also be
    'valid' or 'same'.
    Raises ShapeError when channels or sizes do not fit.
    """

@overload
def conv1d(
    input: _Operand,
    weight: _Operand,
    bias: _Operand | None = None,
    stride: _int | Sequence[_int] = 1,
    padding: _str = "valid",
    dilation: _int | Sequence[_int] = 1,
    groups: _int = 1,
) -> Tensor:
    """Convolution over 1 spatial dim(s) with padding 'valid' (none) or 'same' (keeps the
    size).
    """

@overload
def conv2d(
    input: _Operand,
    weight: _Operand,
    bias: _Operand | None = None,
    stride: _int | Sequence[_int] = 1,
    padding: _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    groups: _int = 1,
) -> Tensor:
    """Convolution (cross-correlation) over 2 spatial dim(s).

    Shapes: input (N, C, …) or (C, …), weight (out, C / groups, …), bias (out,). Each size
    of the result is
    (in + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1. padding may also be
    'valid' or 'same'.
    Raises ShapeError when channels or sizes do not fit.
    """

@overload
def conv2d(
    input: _Operand,
    weight: _Operand,
    bias: _Operand | None = None,
    stride: _int | Sequence[_int] = 1,
    padding: _str = "valid",
    dilation: _int | Sequence[_int] = 1,
    groups: _int = 1,
) -> Tensor:
    """Convolution over 2 spatial dim(s) with padding 'valid' (none) or 'same' (keeps the
    size).
    """

@overload
def conv3d(
    input: _Operand,
    weight: _Operand,
    bias: _Operand | None = None,
    stride: _int | Sequence[_int] = 1,
    padding: _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    groups: _int = 1,
) -> Tensor:
    """Convolution (cross-correlation) over 3 spatial dim(s).

    Shapes: input (N, C, …) or (C, …), weight (out, C / groups, …), bias (out,). Each size
    of the result is
    (in + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1. padding may also be
    'valid' or 'same'.
    Raises ShapeError when channels or sizes do not fit.
    """

@overload
def conv3d(
    input: _Operand,
    weight: _Operand,
    bias: _Operand | None = None,
    stride: _int | Sequence[_int] = 1,
    padding: _str = "valid",
    dilation: _int | Sequence[_int] = 1,
    groups: _int = 1,
) -> Tensor:
    """Convolution over 3 spatial dim(s) with padding 'valid' (none) or 'same' (keeps the
    size).
    """

def cross_entropy(
    input: _Operand,
    target: _Operand,
    weight: _Operand | None = None,
    *,
    ignore_index: _int = -100,
    reduction: _str = "mean",
    label_smoothing: _float = 0.0,
) -> Tensor:
    """Cross-entropy of logits: -log softmax(input)[target].

    Shapes: input (C,), (N, C) or (N, C, d1, …); target: class indices without the C dim,
    or probabilities of the shape of input.
    weight (C,) scales classes; targets equal to ignore_index do not count; 'mean' divides
    by the summed weights.
    Raises IndexError for a class out of range, ShapeError when the shapes do not fit.
    """

def dropout(
    input: _Operand,
    p: _float = 0.5,
    training: _bool = True,
    inplace: _bool = False,
) -> Tensor:
    """Each element set to 0 with probability p, the others divided by 1 - p; the input
    itself without training.

    The mask is made again from the random state in the backward pass and in a replay:
    nothing is stored.
    Raises ValueError unless 0 <= p <= 1. Source: Hinton and others, 2012.
    """

def embedding(
    input: _Operand,
    weight: _Operand,
    padding_idx: _int | None = None,
    max_norm: _float | None = None,
    norm_type: _float = 2.0,
    scale_grad_by_freq: _bool = False,
    sparse: _bool = False,
) -> Tensor:
    """Rows of weight at the integer indices input.

    Shapes: input (…), weight (rows, width); returns (…, width). padding_idx gets no
    gradient. max_norm: rows that are
    looked up are scaled in place to at most this norm. scale_grad_by_freq divides the
    gradient by how often a row occurs in input.
    Raises IndexError for an index out of range. Gradients are dense; sparse=True is
    accepted and has no effect.
    """

def gelu(input: _Operand, *, approximate: _str = "none") -> Tensor:
    """Gaussian error linear unit: x * Phi(x), Phi the standard normal distribution function.

    approximate='tanh' uses 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))).
    Raises ValueError for another approximate. Source: Hendrycks and Gimpel, 2016.
    """

def l1_loss(input: _Operand, target: _Operand, reduction: _str = "mean") -> Tensor:
    """Absolute error: |input - target|. Raises ShapeError unless the shapes are equal."""

def layer_norm(
    input: _Operand,
    normalized_shape: _int | Sequence[_int],
    weight: _Operand | None = None,
    bias: _Operand | None = None,
    eps: _float = 1e-05,
) -> Tensor:
    """(x - mean) / sqrt(var + eps) * weight + bias over the last dims, which must have
    normalized_shape.

    var is the biased variance. weight and bias have normalized_shape. Source: Ba and
    others, 2016.
    """

def linear(input: _Operand, weight: _Operand, bias: _Operand | None = None) -> Tensor:
    """Affine map of the last dim: y = input @ weight.T + bias.

    Shapes: input (…, in), weight (out, in), bias (out,) or None; returns (…, out).
    Raises ShapeError when the sizes do not fit, RuntimeError when the dtypes differ.
    """

def log_softmax(input: _Operand, dim: _int, dtype: _dtype | None = None) -> Tensor:
    """x - log(sum(exp(x))) along dim, without overflow. dtype: convert to it first."""

def logsigmoid(input: _Operand) -> Tensor:
    """log(sigmoid(x)), stable for large negative x."""

def max_pool1d_with_indices(
    input: _Operand,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    ceil_mode: _bool = False,
) -> _ValuesIndices:
    """max_pool1d, and where in its plane each greatest element stands."""

def max_pool2d_with_indices(
    input: _Operand,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    ceil_mode: _bool = False,
) -> _ValuesIndices:
    """max_pool2d, and where in its plane each greatest element stands."""

def max_pool3d_with_indices(
    input: _Operand,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    ceil_mode: _bool = False,
) -> _ValuesIndices:
    """max_pool3d, and where in its plane each greatest element stands."""

def mse_loss(input: _Operand, target: _Operand, reduction: _str = "mean") -> Tensor:
    """Squared error: (input - target)**2. Raises ShapeError unless the shapes are equal."""

def nll_loss(
    input: _Operand,
    target: _Operand,
    weight: _Operand | None = None,
    *,
    ignore_index: _int = -100,
    reduction: _str = "mean",
) -> Tensor:
    """Negative log-likelihood: -weight[target] * input[target], input holding log-
    probabilities.

    Shapes and options as cross_entropy with class indices.
    """

def one_hot(input: _Operand, num_classes: _int = -1) -> Tensor:
    """1 at the position of each class index along a new last dim, else 0; int64. -1:
    greatest index + 1.
    """

def pad(
    input: _Operand,
    pad: _int | Sequence[_int],
    mode: _str = "constant",
    value: _float | None = None,
) -> Tensor:
    """The last dims made longer (or shorter, for negative numbers), as
    torch.nn.functional.pad.

    pad: (before, after) of the last dim, then of the one before it, and so on. mode:
    'constant' (value, default 0),
    'reflect', 'replicate' or 'circular'. Raises ShapeError when the padding does not fit.
    """

def scaled_dot_product_attention(
    query: _Operand,
    key: _Operand,
    value: _Operand,
    attn_mask: _Operand | None = None,
    dropout_p: _float = 0.0,
    is_causal: _bool = False,
    *,
    scale: _float | None = None,
    enable_gqa: _bool = False,
) -> Tensor:
    """softmax(query @ key.T * scale + mask) @ value, in memory linear in the number of keys.

    Shapes: query (…, L, E), key (…, S, E), value (…, S, V); returns (…, L, V). scale
    defaults to 1 / sqrt(E). attn_mask: bool
    (True takes part) or numbers that are added, broadcasting to (…, L, S); is_causal:
    query i sees keys 0 … i.
    enable_gqa: fewer key heads than query heads, each shared by a group. A query that
    sees no key gives 0.
    Source: Vaswani and others, 2017; Dao and others, 2022.
    """

def sigmoid(input: _Operand) -> Tensor:
    """Logistic function: 1 / (1 + exp(-x))."""

def softmax(input: _Operand, dim: _int, dtype: _dtype | None = None) -> Tensor:
    """exp(x) / sum(exp(x)) along dim, without overflow. dtype: convert to it first."""

def softplus(input: _Operand, beta: _float = 1.0, threshold: _float = 20.0) -> Tensor:
    """log(1 + exp(beta * x)) / beta; x itself where beta * x > threshold."""

def softsign(input: _Operand) -> Tensor:
    """x / (1 + |x|)."""

def tanh(input: _Operand) -> Tensor:
    """Hyperbolic tangent."""
