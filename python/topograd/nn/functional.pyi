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
    celu,
    elu,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    mish,
    relu,
    relu6,
    rrelu_,
    selu,
    silu,
    threshold,
)
from topograd.nn.adapted_losses import (
    ctc_loss,
    linear_cross_entropy,
    normalize,
    triplet_margin_with_distance_loss,
)
from topograd.nn.adapted_pooling import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool1d_with_indices,
    adaptive_max_pool2d,
    adaptive_max_pool2d_with_indices,
    adaptive_max_pool3d,
    adaptive_max_pool3d_with_indices,
    fractional_max_pool2d,
    fractional_max_pool2d_with_indices,
    fractional_max_pool3d,
    fractional_max_pool3d_with_indices,
    max_pool1d,
    max_pool2d,
    max_pool3d,
)
from topograd.nn.composed import (
    bilinear,
)
from topograd.nn.composed_activations import (
    softmin,
    tanhshrink,
)
from topograd.nn.composed_attention import (
    multi_head_attention_forward,
)
from topograd.nn.composed_images import (
    local_response_norm,
    upsample,
    upsample_bilinear,
    upsample_nearest,
)

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d",
    "adaptive_max_pool3d_with_indices",
    "affine_grid",
    "alpha_dropout",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm",
    "bilinear",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "celu",
    "celu_",
    "channel_shuffle",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_tbc",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "cosine_embedding_loss",
    "cosine_similarity",
    "cross_entropy",
    "ctc_loss",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "elu",
    "elu_",
    "embedding",
    "embedding_bag",
    "feature_alpha_dropout",
    "fold",
    "fractional_max_pool2d",
    "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d",
    "fractional_max_pool3d_with_indices",
    "gaussian_nll_loss",
    "gelu",
    "glu",
    "grid_sample",
    "group_norm",
    "gumbel_softmax",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "hinge_embedding_loss",
    "huber_loss",
    "instance_norm",
    "interpolate",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "leaky_relu_",
    "linear",
    "linear_cross_entropy",
    "local_response_norm",
    "log_softmax",
    "logsigmoid",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "margin_ranking_loss",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool2d_with_indices",
    "max_pool3d",
    "max_pool3d_with_indices",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
    "mish",
    "mse_loss",
    "multi_head_attention_forward",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "native_channel_shuffle",
    "nll_loss",
    "normalize",
    "one_hot",
    "pad",
    "pairwise_distance",
    "pdist",
    "pixel_shuffle",
    "pixel_unshuffle",
    "poisson_nll_loss",
    "prelu",
    "relu",
    "relu6",
    "relu_",
    "rms_norm",
    "rrelu",
    "rrelu_",
    "scaled_dot_product_attention",
    "selu",
    "selu_",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "soft_margin_loss",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
    "threshold_",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
    "unfold",
    "upsample",
    "upsample_bilinear",
    "upsample_nearest",
]

def affine_grid(
    theta: _Operand,
    size: _int | Sequence[_int],
    align_corners: _bool | None = None,
) -> Tensor:
    """The points of grid_sample that an affine map makes of the pixels of an image.

    theta: (N, 2, 3) with size (N, C, H, W), or (N, 3, 4) with size (N, C, D, H, W),
    floating point.
    Returns (N, H, W, 2) or (N, D, H, W, 3): point = theta[n] @ (x, y, 1), where x and y
    go from -1 to 1
    over the pixels' centers. align_corners: as in grid_sample (None and False: -1 and 1
    are the outer
    edges of the corner pixels). Raises ShapeError where theta and size do not fit.
    """

def alpha_dropout(
    input: _Operand,
    p: _float = 0.5,
    training: _bool = False,
    inplace: _bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Dropout that keeps mean 0 and variance 1: elements become -1.7581, the limit of selu.

    input: (*), floating point. p: the probability of each (default 0.5); 0 gives input
    itself, 1 zeros.
    Everything is then scaled and shifted. training=False (default) gives input itself.
    inplace=True
    writes over input. The mask takes no memory: the backward pass draws it again.
    Raises ValueError unless 0 <= p <= 1, DTypeError for integers. Source: Klambauer and
    others, 2017.
    """

def avg_pool1d(
    input: _Operand,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    ceil_mode: _bool = False,
    count_include_pad: _bool = True,
    divisor_override: _int | None = None,
) -> Tensor:
    """Mean of every window over one spatial dim.

    input: (N, C, L) or (C, L), any dtype but bool.
    Only the sizes change, to
    floor((size + 2 * padding - kernel_size) / stride) + 1.
    kernel_size, stride (default kernel_size) and padding (zeros at both ends, 0; at
    most half of kernel_size): a number or one per dim. ceil_mode=True rounds up
    instead, where a window begins before the padding at the end.
    count_include_pad=False leaves the padding out of the number of elements to
    divide by; divisor_override (not 0) replaces that number.
    Raises ShapeError when a window is larger than the input, ValueError for a
    number out of range, DTypeError for bools.
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
    """Mean of every window over two spatial dims.

    input: (N, C, H, W) or (C, H, W), any dtype but bool.
    Only the sizes change, to
    floor((size + 2 * padding - kernel_size) / stride) + 1.
    kernel_size, stride (default kernel_size) and padding (zeros at both ends, 0; at
    most half of kernel_size): a number or one per dim. ceil_mode=True rounds up
    instead, where a window begins before the padding at the end.
    count_include_pad=False leaves the padding out of the number of elements to
    divide by; divisor_override (not 0) replaces that number.
    Raises ShapeError when a window is larger than the input, ValueError for a
    number out of range, DTypeError for bools.
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
    """Mean of every window over three spatial dims.

    input: (N, C, D, H, W) or (C, D, H, W), any dtype but bool.
    Only the sizes change, to
    floor((size + 2 * padding - kernel_size) / stride) + 1.
    kernel_size, stride (default kernel_size) and padding (zeros at both ends, 0; at
    most half of kernel_size): a number or one per dim. ceil_mode=True rounds up
    instead, where a window begins before the padding at the end.
    count_include_pad=False leaves the padding out of the number of elements to
    divide by; divisor_override (not 0) replaces that number.
    Raises ShapeError when a window is larger than the input, ValueError for a
    number out of range, DTypeError for bools.
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
    """Standardization per channel: (x - mean) / sqrt(var + eps) * weight + bias.

    input: (N, C, *), floating point. running_mean, running_var, weight and bias: (C,),
    each or None.
    training=True takes the mean and the biased var of the batch over all dims but C, and
    changes
    running = (1 - momentum) * running + momentum * batch in place, the running_var with
    the unbiased
    variance. training=False (default) takes running_mean and running_var, which must be
    there.
    momentum: default 0.1. eps: added to var, default 1e-5.
    Raises ShapeError when a shape does not fit, and in training for a single value per
    channel;
    ValueError without running statistics outside of training. Source: Ioffe and Szegedy,
    2015.
    """

def binary_cross_entropy(
    input: _Operand,
    target: _Operand,
    weight: _Operand | None = None,
    reduction: _str = "mean",
) -> Tensor:
    """Binary cross-entropy of probabilities.

    -(target * log(input) + (1 - target) * log(1 - input)) * weight. input, target:
    probabilities of one
    shape (*), floating point. Logarithms are kept at -100 or above, so that the loss is
    finite. weight
    broadcasts, default 1. reduction: 'mean' (default), 'sum' or 'none' (*). From logits,
    binary_cross_entropy_with_logits is more exact.
    Raises ShapeError for different shapes, ValueError for an input or target outside of
    [0, 1] or NaN,
    DTypeError for integers. The gradient (input - target) / max(input * (1 - input),
    1e-12) is finite.
    """

def binary_cross_entropy_with_logits(
    input: _Operand,
    target: _Operand,
    weight: _Operand | None = None,
    reduction: _str = "mean",
    pos_weight: _Operand | None = None,
) -> Tensor:
    """Binary cross-entropy of logits, that is of sigmoid(input).

    ((1 - t) * x + (1 + (p - 1) * t) * log(1 + exp(-x))) * weight. x: input, logits (*).
    t: target in
    [0, 1], of the same shape. p: pos_weight, the weight of positive targets, default 1.
    weight (default
    1) and pos_weight broadcast. Large logits do not overflow; infinite ones give NaN.
    reduction: 'mean' (default), 'sum' or 'none' (*).
    Raises ShapeError for different shapes, ValueError for another reduction, DTypeError
    for integers.
    """

def celu_(input: _Operand, alpha: _float = 1.0, *, out: Tensor | None = None) -> Tensor:
    """Continuously differentiable ELU: max(x, 0) + min(0, alpha * (exp(x / alpha) - 1)). In
    place.
    """

def channel_shuffle(input: _Operand, groups: _int, *, out: Tensor | None = None) -> Tensor:
    """Channels dealt out anew: those of each group in turn, one from every group.

    out[:, i * groups + g] = input[:, g * (C / groups) + i]. input: (N, C, *), at least
    three dims, any
    dtype; channels_last stays. Raises ValueError if groups does not divide C, ShapeError
    for fewer
    dims. Source: Zhang and others, 2018.
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
    """Convolution (cross-correlation) over one spatial dim.

    input: (N, C, L) or (C, L), any dtype but bool. weight:
    (K, C / groups, *kernel), bias: (K,), default None; of the same dtype.
    Returns (N, K, *) or (K, *) with the sizes
    floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1.
    stride (default 1), padding (zeros at both ends, 0) and dilation (distance of
    the kernel's elements, 1): a number or one per dim; padding also by name, see
    below. groups (1): the channels are divided into so many groups, each with
    K / groups kernels of its own.
    Raises ShapeError when channels or sizes do not fit, ValueError for a number out
    of range, RuntimeError for different or bool dtypes. Sums of integers are exact
    up to 2 ** 53.
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
    """Convolution over one spatial dim with padding by name.

    padding: 'valid' (default here) adds nothing; 'same' adds zeros so that the
    sizes stay, of an odd number one more at the end, and needs stride 1, else
    ValueError. input, weight, bias, stride, dilation and groups are those of
    conv1d with numbers.
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
    """Convolution (cross-correlation) over two spatial dims.

    input: (N, C, H, W) or (C, H, W), any dtype but bool. weight:
    (K, C / groups, *kernel), bias: (K,), default None; of the same dtype.
    Returns (N, K, *) or (K, *) with the sizes
    floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1.
    stride (default 1), padding (zeros at both ends, 0) and dilation (distance of
    the kernel's elements, 1): a number or one per dim; padding also by name, see
    below. groups (1): the channels are divided into so many groups, each with
    K / groups kernels of its own.
    Raises ShapeError when channels or sizes do not fit, ValueError for a number out
    of range, RuntimeError for different or bool dtypes. Sums of integers are exact
    up to 2 ** 53.
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
    """Convolution over two spatial dims with padding by name.

    padding: 'valid' (default here) adds nothing; 'same' adds zeros so that the
    sizes stay, of an odd number one more at the end, and needs stride 1, else
    ValueError. input, weight, bias, stride, dilation and groups are those of
    conv2d with numbers.
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
    """Convolution (cross-correlation) over three spatial dims.

    input: (N, C, D, H, W) or (C, D, H, W), any dtype but bool. weight:
    (K, C / groups, *kernel), bias: (K,), default None; of the same dtype.
    Returns (N, K, *) or (K, *) with the sizes
    floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1.
    stride (default 1), padding (zeros at both ends, 0) and dilation (distance of
    the kernel's elements, 1): a number or one per dim; padding also by name, see
    below. groups (1): the channels are divided into so many groups, each with
    K / groups kernels of its own.
    Raises ShapeError when channels or sizes do not fit, ValueError for a number out
    of range, RuntimeError for different or bool dtypes. Sums of integers are exact
    up to 2 ** 53.
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
    """Convolution over three spatial dims with padding by name.

    padding: 'valid' (default here) adds nothing; 'same' adds zeros so that the
    sizes stay, of an odd number one more at the end, and needs stride 1, else
    ValueError. input, weight, bias, stride, dilation and groups are those of
    conv3d with numbers.
    """

def conv_tbc(input: _Operand, weight: _Operand, bias: _Operand, pad: _int = 0) -> Tensor:
    """Convolution of sequences whose first dim is time.

    input: (T, B, C), any dtype but bool. weight: (kernel, C, K), bias: (K,), of the same
    dtype. pad: zeros at both ends, default 0. Returns (T + 2 * pad - kernel + 1, B, K).
    Raises ShapeError when channels or sizes do not fit.
    """

def conv_transpose1d(
    input: _Operand,
    weight: _Operand,
    bias: _Operand | None = None,
    stride: _int | Sequence[_int] = 1,
    padding: _int | Sequence[_int] = 0,
    output_padding: _int | Sequence[_int] = 0,
    groups: _int = 1,
    dilation: _int | Sequence[_int] = 1,
) -> Tensor:
    """Transposed convolution over one spatial dim: the gradient of conv1d.

    Every element of input is multiplied with the kernel, and the products are
    added where the kernel lies, stride apart.
    input: (N, C, L) or (C, L), any dtype but bool. weight:
    (C, K / groups, *kernel), bias: (K,), default None; of the same dtype.
    Returns (N, K, *) or (K, *) with the sizes
    (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1.
    stride (default 1), padding (what is cut off at both ends, 0), output_padding
    (what is added at one end; smaller than stride or dilation, 0) and dilation (1):
    a number or one per dim. groups (1): the channels are divided into so many
    groups, each with kernels of its own.
    Raises ShapeError when channels or sizes do not fit, ValueError for a number out
    of range, RuntimeError for different or bool dtypes. Sums of integers are exact
    up to 2 ** 53.
    """

def conv_transpose2d(
    input: _Operand,
    weight: _Operand,
    bias: _Operand | None = None,
    stride: _int | Sequence[_int] = 1,
    padding: _int | Sequence[_int] = 0,
    output_padding: _int | Sequence[_int] = 0,
    groups: _int = 1,
    dilation: _int | Sequence[_int] = 1,
) -> Tensor:
    """Transposed convolution over two spatial dims: the gradient of conv2d.

    Every element of input is multiplied with the kernel, and the products are
    added where the kernel lies, stride apart.
    input: (N, C, H, W) or (C, H, W), any dtype but bool. weight:
    (C, K / groups, *kernel), bias: (K,), default None; of the same dtype.
    Returns (N, K, *) or (K, *) with the sizes
    (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1.
    stride (default 1), padding (what is cut off at both ends, 0), output_padding
    (what is added at one end; smaller than stride or dilation, 0) and dilation (1):
    a number or one per dim. groups (1): the channels are divided into so many
    groups, each with kernels of its own.
    Raises ShapeError when channels or sizes do not fit, ValueError for a number out
    of range, RuntimeError for different or bool dtypes. Sums of integers are exact
    up to 2 ** 53.
    """

def conv_transpose3d(
    input: _Operand,
    weight: _Operand,
    bias: _Operand | None = None,
    stride: _int | Sequence[_int] = 1,
    padding: _int | Sequence[_int] = 0,
    output_padding: _int | Sequence[_int] = 0,
    groups: _int = 1,
    dilation: _int | Sequence[_int] = 1,
) -> Tensor:
    """Transposed convolution over three spatial dims: the gradient of conv3d.

    Every element of input is multiplied with the kernel, and the products are
    added where the kernel lies, stride apart.
    input: (N, C, D, H, W) or (C, D, H, W), any dtype but bool. weight:
    (C, K / groups, *kernel), bias: (K,), default None; of the same dtype.
    Returns (N, K, *) or (K, *) with the sizes
    (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1.
    stride (default 1), padding (what is cut off at both ends, 0), output_padding
    (what is added at one end; smaller than stride or dilation, 0) and dilation (1):
    a number or one per dim. groups (1): the channels are divided into so many
    groups, each with kernels of its own.
    Raises ShapeError when channels or sizes do not fit, ValueError for a number out
    of range, RuntimeError for different or bool dtypes. Sums of integers are exact
    up to 2 ** 53.
    """

def cosine_embedding_loss(
    input1: _Operand,
    input2: _Operand,
    target: _Operand,
    margin: _float = 0.0,
    *,
    reduction: _str = "mean",
) -> Tensor:
    """1 - cos where target is 1, max(0, cos - margin) where it is -1.

    cos: the cosine of the angle between the rows of input1 and input2, (N, D) or (D).
    target: 1 or -1,
    (N) or (). margin: default 0, usually between 0 and 0.5. reduction: 'mean' (default),
    'sum' or
    'none' (N). Raises ShapeError when shapes do not fit, ValueError for another
    reduction, DTypeError
    for integers.
    """

def cosine_similarity(
    x1: _Operand,
    x2: _Operand,
    dim: _int = 1,
    eps: _float = 1e-08,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Cosine of the angle between vectors: x1 · x2 / (max(|x1|, eps) max(|x2|, eps)).

    x1, x2: floating point, broadcast against each other. dim: along which the vectors lie
    in their
    common shape (default 1); the result lacks it. eps: default 1e-8, so that a vector of
    zeros gives 0.
    Neither overflows nor vanishes at extreme lengths. Raises IndexError for a dim that is
    not there,
    DTypeError for integers.
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
    """Cross-entropy of logits: -weight[target] * log_softmax(input)[target].

    input: (C,), (N, C) or (N, C, d1, …), floating point. target: integer class indices
    (), (N,) or
    (N, d1, …), or probabilities of the shape of input. weight: (C,), default 1. Rows
    whose target is
    ignore_index (default -100) count 0. label_smoothing: in [0, 1], mixes the target with
    the uniform
    distribution: (1 - s) * target + s / C. reduction: 'none' gives the shape of class
    indices, 'sum',
    or 'mean' (default), which divides by the summed weights of the targets, for
    probabilities by their
    number. No counted row gives NaN for 'mean'. The gradient of a row is softmax(input) -
    target.
    Raises IndexError for a class outside of [0, C), ShapeError when shapes do not fit,
    ValueError for
    another reduction or label_smoothing.
    """

def dropout(
    input: _Operand,
    p: _float = 0.5,
    training: _bool = True,
    inplace: _bool = False,
) -> Tensor:
    """Each element set to 0 with probability p, the others divided by 1 - p.

    input: any shape, floating point. p: default 0.5; 0 gives input itself, 1 gives zeros.
    On average the result is input. training=False gives input itself. inplace=True writes
    over input.
    Where an element is dropped its gradient is 0, elsewhere 1 / (1 - p). The mask is
    drawn again from
    the random state in the backward pass and in a replay: it takes no memory.
    Raises ValueError unless 0 <= p <= 1, DTypeError for integers. Source: Srivastava and
    others, 2014.
    """

def dropout1d(
    input: _Operand,
    p: _float = 0.5,
    training: _bool = True,
    inplace: _bool = False,
) -> Tensor:
    """Whole channels set to 0 with probability p, the others divided by 1 - p.

    input: (N, C, L) or (C, L), floating point. p: default 0.5. training=False gives input
    itself.
    inplace=True writes over input. Raises ValueError unless 0 <= p <= 1, ShapeError for
    another number of dims, DTypeError for integers. Source: Tompson
    and others, 2015.
    """

def dropout2d(
    input: _Operand,
    p: _float = 0.5,
    training: _bool = True,
    inplace: _bool = False,
) -> Tensor:
    """Whole channels set to 0 with probability p, the others divided by 1 - p.

    input: (N, C, H, W), or (N, C, L) and (N, C) as in PyTorch; floating point. p: default
    0.5.
    training=False gives input itself. inplace=True writes over input. Raises ValueError
    unless 0 <= p <= 1, ShapeError for another number of dims,
    DTypeError for integers. Source: Tompson and others, 2015.
    """

def dropout3d(
    input: _Operand,
    p: _float = 0.5,
    training: _bool = True,
    inplace: _bool = False,
) -> Tensor:
    """Whole channels set to 0 with probability p, the others divided by 1 - p.

    input: (N, C, D, H, W) or (C, D, H, W), as in PyTorch also fewer dims; floating point.
    p: default 0.5. training=False gives input
    itself. inplace=True writes over input. Raises ValueError unless 0 <= p <= 1,
    ShapeError for another number of dims, DTypeError for integers.
    Source: Tompson and others, 2015.
    """

def elu_(input: _Operand, alpha: _float = 1.0) -> Tensor:
    """Exponential linear unit: x where x > 0, else alpha * (exp(x) - 1). In place."""

def embedding(
    input: _Operand,
    weight: _Operand,
    padding_idx: _int | None = None,
    max_norm: _float | None = None,
    norm_type: _float = 2.0,
    scale_grad_by_freq: _bool = False,
    sparse: _bool = False,
) -> Tensor:
    """Rows of a table by number: out[..., :] = weight[input[...]].

    input: integers (*). weight: (rows, width). Returns (*, width). The gradient of a row
    of weight is
    the sum over its places in input; it is dense: sparse=True is refused.
    padding_idx: a row, negative from the end, that gets no gradient. max_norm: before the
    look-up, the
    rows in input whose norm_type-norm (default 2) is larger are scaled down to it, in
    weight itself.
    scale_grad_by_freq=True divides the gradient of a row by the number of its places in
    input.
    Raises IndexError for an index outside of [0, rows), ValueError for such a padding_idx
    and for
    sparse=True.
    """

def embedding_bag(
    input: _Operand,
    weight: _Operand,
    offsets: _Operand | None = None,
    max_norm: _float | None = None,
    norm_type: _float = 2.0,
    scale_grad_by_freq: _bool = False,
    mode: _str = "mean",
    sparse: _bool = False,
    per_sample_weights: _Operand | None = None,
    include_last_offset: _bool = False,
    padding_idx: _int | None = None,
) -> Tensor:
    """Rows of a table by number, added up, averaged or compared in bags.

    input: integers, (bags, n), or (entries,) with offsets (bags,): bag b holds the
    entries from
    offsets[b] on, up to the next offset or the end; include_last_offset=True says that
    offsets holds
    the end too. weight: (rows, width). Returns (bags, width), without the rows in
    between. mode: 'sum',
    'mean' (default) or 'max'; an empty bag gives zeros. per_sample_weights: a factor for
    each entry,
    with 'sum'. padding_idx: a row that does not count and gets no gradient. max_norm,
    norm_type,
    scale_grad_by_freq: as in embedding. The gradient is dense and the same for any number
    of threads.
    Raises IndexError for an index outside of [0, rows), ValueError for options that do
    not fit together
    and for sparse=True, ShapeError where shapes do not fit.
    """

def feature_alpha_dropout(
    input: _Operand,
    p: _float = 0.5,
    training: _bool = False,
    inplace: _bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """alpha_dropout of whole channels: those of (N, C, …).

    input: floating point with at least 2 dims. p: the probability of each channel
    (default 0.5); 0
    gives input itself, 1 zeros. training=False (default) gives input itself. inplace=True
    writes over
    input. Raises ValueError unless 0 <= p <= 1, ShapeError for fewer dims, DTypeError for
    integers.
    """

def fold(
    input: _Operand,
    output_size: _int | Sequence[_int],
    kernel_size: _int | Sequence[_int],
    dilation: _int | Sequence[_int] = 1,
    padding: _int | Sequence[_int] = 0,
    stride: _int | Sequence[_int] = 1,
) -> Tensor:
    """Images from the columns of all their windows; overlapping ones add up.

    input: (N, C * kh * kw, L) or (C * kh * kw, L), no integers, as unfold gives them.
    Returns
    (N, C, *output_size). output_size, kernel_size, dilation, padding and stride: a number
    or a pair.
    fold(unfold(x)) is x times the number of windows over each pixel.
    Raises ShapeError where the sizes do not fit, DTypeError for integers.
    """

def gaussian_nll_loss(
    input: _Operand,
    target: _Operand,
    var: _Operand,
    full: _bool = False,
    eps: _float = 1e-06,
    reduction: _str = "mean",
) -> Tensor:
    """Negative log-likelihood of normal distributions.

    ½ (log(var) + (input - target)² / var), with var at least eps. input: the means (*),
    floating
    point. target: the same shape, where PyTorch broadcasts. var: the variances, of the
    same shape, of
    one that has 1 in the place of the last dim or lacks it, or a number. full: adds ½
    log(2π).
    eps: default 1e-6; the limit has no effect on the gradient. reduction: 'mean'
    (default), 'sum' or
    'none' (*). Raises ShapeError for shapes that do not fit, ValueError for a negative
    var or another
    reduction, DTypeError for integers. Source: Nix and Weigend, 1994.
    """

def gelu(input: _Operand, *, approximate: _str = "none") -> Tensor:
    """Gaussian error linear unit: x * Phi(x), Phi the standard normal distribution function.

    input: (*), floating point. Returns the same shape and dtype. approximate: 'none'
    (default), or 'tanh' for 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))).
    -inf gives 0, its limit, where PyTorch gives NaN. Raises ValueError for another
    approximate, DTypeError for integers. Source: Hendrycks and Gimpel, 2016.
    """

def glu(input: _Operand, dim: _int = -1) -> Tensor:
    """Gated linear unit: a * sigmoid(b), where a and b are the halves of x along a dim.

    input: floating point. dim: default the last; the result has half its size. Raises
    ShapeError where
    that is odd, DTypeError for integers. Source: Dauphin and others, 2016.
    """

def grid_sample(
    input: _Operand,
    grid: _Operand,
    mode: _str = "bilinear",
    padding_mode: _str = "zeros",
    align_corners: _bool | None = None,
) -> Tensor:
    """Images looked at along a grid of points.

    input: (N, C, H, W) with grid (N, h, w, 2), or (N, C, D, H, W) with grid (N, d, h, w,
    3), of the
    same dtype. Returns (N, C, h, w) or (N, C, d, h, w). The last dim of grid is (x, y) or
    (x, y, z), -1
    to 1 from one end of the image to the other; NaN counts as -1. mode: 'bilinear',
    'nearest' (of
    halves the even pixel) or 'bicubic' (a = -0.75, for images). padding_mode: what is
    outside, 'zeros',
    'border' (the edge) or 'reflection'. align_corners: whether -1 and 1 are the centers
    of the corner
    pixels; None (default) and False: their outer edges.
    The gradients are the same for any number of threads; that of grid is 0 for 'nearest',
    and where
    'border' or 'reflection' holds a point at the edge. A pixel of weight 0 has no
    influence.
    Raises ShapeError where the shapes do not fit, ValueError for another mode, DTypeError
    for integers.
    Source: Jaderberg and others, 2015.
    """

def group_norm(
    input: _Operand,
    num_groups: _int,
    weight: _Operand | None = None,
    bias: _Operand | None = None,
    eps: _float = 1e-05,
) -> Tensor:
    """Mean 0 and variance 1 over each group of channels of each example.

    out = (input - mean) / sqrt(var + eps) * weight[c] + bias[c]. input: (N, C, *),
    floating point; its
    shape, dtype and format stay. mean and the biased var are taken over C / num_groups
    channels and all
    dims behind. weight and bias: (C,), None (default) leaves them out. eps: default 1e-5.
    Raises ValueError if num_groups does not divide C, ShapeError where shapes do not fit,
    DTypeError
    for integers. Source: Wu and He, 2018.
    """

def gumbel_softmax(
    logits: _Operand,
    tau: _float = 1.0,
    hard: _bool = False,
    eps: _float = 1e-10,
    dim: _int = -1,
) -> Tensor:
    """Samples of classes that have a gradient: softmax((logits + noise) / tau) along a dim.

    logits: (*), floating point, logarithms of probabilities up to a constant. The noise
    is drawn from
    the Gumbel distribution, so that the greatest element is a sample of a class. tau:
    positive, default
    1; the smaller, the nearer to one class. hard: gives exactly 0 and 1, with the
    gradient of the soft
    sample. eps: has no effect, as in PyTorch. dim: default the last. Raises ValueError
    unless tau > 0,
    IndexError for a dim that is not there, DTypeError for integers. Source: Jang and
    others, 2017.
    """

def hardshrink(input: _Operand, lambd: _float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """Small values set to 0: x where |x| > lambd, else 0.

    input: (*), floating point. Returns the same shape and dtype. lambd: default 0.5. NaN
    stays NaN. The
    gradient is 1 where x is kept, else 0. Raises DTypeError for integers.
    """

def hardtanh_(input: _Operand, min_val: _float = -1.0, max_val: _float = 1.0) -> Tensor:
    """Every element limited to [min_val, max_val]: min(max(x, min_val), max_val). In place."""

def hinge_embedding_loss(
    input: _Operand,
    target: _Operand,
    margin: _float = 1.0,
    *,
    reduction: _str = "mean",
) -> Tensor:
    """input where target is 1, max(0, margin - input) where it is -1.

    input: distances (*), floating point. target: 1 or -1, of the same shape; others give
    the sum of
    both. margin: default 1. reduction: 'mean' (default), 'sum' or 'none' (*). Raises
    ShapeError for
    different shapes, which PyTorch broadcasts, ValueError for another reduction,
    DTypeError for
    integers. Source: Hadsell and others, 2006.
    """

def huber_loss(
    input: _Operand,
    target: _Operand,
    reduction: _str = "mean",
    delta: _float = 1.0,
    weight: _Operand | None = None,
) -> Tensor:
    """½ d² where d = |input - target| is below delta, delta (d - ½ delta) elsewhere.

    input, target: the same shape (*); unlike in PyTorch they do not broadcast. delta:
    positive, default
    1. weight: a factor for each element, broadcasts; unlike that of mse_loss, 'mean' is
    divided by the
    number of elements, as in PyTorch. reduction: 'mean' (default), 'sum' or 'none' (*).
    Raises
    ShapeError for different shapes, ValueError for another delta or reduction, DTypeError
    for integers.
    Source: Huber, 1964.
    """

def instance_norm(
    input: _Operand,
    running_mean: _Operand | None = None,
    running_var: _Operand | None = None,
    weight: _Operand | None = None,
    bias: _Operand | None = None,
    use_input_stats: _bool = True,
    momentum: _float = 0.1,
    eps: _float = 1e-05,
) -> Tensor:
    """Mean 0 and variance 1 of each channel of each example.

    out = (input - mean) / sqrt(var + eps) * weight[c] + bias[c]. input: (N, C, *),
    floating point; its
    shape, dtype and format stay. use_input_stats=True (default): mean and the biased var
    are taken over
    the dims behind C, and running = (1 - momentum) * running + momentum * (their mean
    over N) in place,
    the running_var with the unbiased variance. False takes running_mean and running_var,
    which must be
    there. running_mean, running_var, weight, bias: (C,) or None. momentum: default 0.1,
    eps: 1e-5.
    Raises ShapeError when a shape does not fit, and for fewer than two values to take
    statistics of;
    ValueError without running statistics where they are needed. Source: Ulyanov and
    others, 2016.
    """

def interpolate(
    input: _Operand,
    size: _int | Sequence[_int] | None = None,
    scale_factor: _float | Sequence[_float] | None = None,
    mode: _str = "nearest",
    align_corners: _bool | None = None,
    recompute_scale_factor: _bool | None = None,
    antialias: _bool = False,
) -> Tensor:
    """An image, a signal or a volume in another size.

    input: (N, C, L), (N, C, H, W) or (N, C, D, H, W). size: the new spatial sizes, a
    number or one per
    dim; or scale_factor: what they are multiplied with, rounded down. mode: 'nearest'
    (pixel
    floor(i * in / out)), 'nearest-exact' (floor((i + 0.5) * in / out)), 'linear',
    'bilinear' or
    'trilinear' (between the nearest two of each dim), 'bicubic' (cubic convolution with a
    = -0.75 over
    four), 'area' (the mean of the pixels covered). Every mode works along one dim after
    the other.
    align_corners: whether the corner pixels' centers keep their place (default False:
    their outer edges
    do). recompute_scale_factor=True takes in / out for the step between pixels where
    scale_factor is
    not whole; by default it is 1 / scale_factor. antialias: a wider window where an image
    gets smaller,
    for bilinear and bicubic (a = -0.5).
    The gradient is exact and the same for any number of threads. channels_last stays. The
    nearest modes
    take every dtype, the others floating point and uint8, which is rounded.
    Raises ValueError for options that do not fit together, ShapeError for a mode of other
    dims.
    """

def kl_div(
    input: _Operand,
    target: _Operand,
    *,
    reduction: _str = "mean",
    log_target: _bool = False,
) -> Tensor:
    """How far a distribution is from another: target * (log(target) - input).

    input: logarithms of probabilities (*). target: probabilities of the same shape, of
    which 0
    contributes 0, or their logarithms if log_target (default False). reduction:
    'batchmean' is the sum
    divided by the size of dim 0, the Kullback-Leibler divergence; 'mean' (default)
    divides by the
    number of elements; 'sum'; 'none' (*). Raises ShapeError for different shapes, which
    PyTorch
    broadcasts, ValueError for another reduction, DTypeError for integers.
    """

def l1_loss(
    input: _Operand,
    target: _Operand,
    reduction: _str = "mean",
    weight: _Operand | None = None,
) -> Tensor:
    """Absolute error: |input - target|.

    input, target: the same shape (*); unlike in PyTorch they do not broadcast. weight: a
    factor for
    each element, broadcasts; 'mean' is then divided by the sum of the weights. reduction:
    'mean'
    (default; NaN for an empty input, DTypeError for integers), 'sum' or 'none' (*). The
    gradient where
    both are equal is 0. Raises ShapeError for different shapes, ValueError for another
    reduction,
    DTypeError for bools.
    """

def layer_norm(
    input: _Operand,
    normalized_shape: _int | Sequence[_int],
    weight: _Operand | None = None,
    bias: _Operand | None = None,
    eps: _float = 1e-05,
) -> Tensor:
    """Standardization over the last dims: (x - mean) / sqrt(var + eps) * weight + bias.

    input: (*, normalized_shape), floating point; its shape and dtype stay. mean and the
    biased var are
    taken over the dims of normalized_shape, which is a number or a tuple. weight and bias
    have
    normalized_shape; None (default) leaves them out. eps: added to var, default 1e-5;
    equal elements
    give 0 + bias. NaN spreads over its row.
    Raises ShapeError when normalized_shape does not fit, DTypeError for integers.
    Source: Ba, Kiros and Hinton, 2016.
    """

def leaky_relu_(input: _Operand, negative_slope: _float = 0.01) -> Tensor:
    """Leaky rectified linear unit: x where x > 0, else negative_slope * x. In place."""

def linear(input: _Operand, weight: _Operand, bias: _Operand | None = None) -> Tensor:
    """Affine map of the last dim: y = input @ weight.T + bias.

    input: (…, in), weight: (out, in), bias: (out,) or None (default) for no bias. Returns
    (…, out). A weight (in,) drops the last dim. Raises ShapeError when the sizes do not
    fit, RuntimeError when the dtypes differ or are bool.
    """

def log_softmax(
    input: _Operand,
    dim: _int,
    dtype: _dtype | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Logarithm of softmax along a dim: x - log(sum(exp(x))).

    input: (*), floating point. dim: the dim whose exponentials sum to 1. dtype: converted
    to first (default: that of input). Returns the same shape. More accurate than the log
    of softmax, and finite where that underflows. A row of -inf, or one with inf or NaN,
    gives NaN. Raises DTypeError for integers without a dtype.
    """

def logsigmoid(input: _Operand) -> Tensor:
    """Logarithm of the logistic function: log(sigmoid(x)) = -log(1 + exp(-x)).

    input: (*), floating point. Returns the same shape and dtype. It does not overflow:
    for
    large negative x the result is x. Raises DTypeError for integers.
    """

def lp_pool1d(
    input: _Operand,
    norm_type: _float,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    ceil_mode: _bool = False,
) -> Tensor:
    """Power average of every window over one spatial dim: (sum of x ** p) ** (1 / p).

    input: (N, C, L) or (C, L), integers give float32. norm_type: p, not 0;
    1 gives sums, infinity the greatest magnitude. kernel_size, stride (default
    kernel_size) and ceil_mode are those of avg_pool1d; a window that ceil_mode
    lets reach over the end is scaled up to a whole one. Powers are those of the
    elements themselves, not of their magnitudes, so that a sum may be negative and its
    root NaN. The gradient is 0 where a sum is 0. Raises ShapeError when a window is
    larger than the input, ValueError for p = 0.
    """

def lp_pool2d(
    input: _Operand,
    norm_type: _float,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    ceil_mode: _bool = False,
) -> Tensor:
    """Power average of every window over two spatial dims: (sum of x ** p) ** (1 / p).

    input: (N, C, H, W) or (C, H, W), integers give float32. norm_type: p, not 0;
    1 gives sums, infinity the greatest magnitude. kernel_size, stride (default
    kernel_size) and ceil_mode are those of avg_pool2d; a window that ceil_mode
    lets reach over the end is scaled up to a whole one. Powers are those of the
    elements themselves, not of their magnitudes, so that a sum may be negative and its
    root NaN. The gradient is 0 where a sum is 0. Raises ShapeError when a window is
    larger than the input, ValueError for p = 0.
    """

def lp_pool3d(
    input: _Operand,
    norm_type: _float,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    ceil_mode: _bool = False,
) -> Tensor:
    """Power average of every window over three spatial dims: (sum of x ** p) ** (1 / p).

    input: (N, C, D, H, W) or (C, D, H, W), integers give float32. norm_type: p, not 0;
    1 gives sums, infinity the greatest magnitude. kernel_size, stride (default
    kernel_size) and ceil_mode are those of avg_pool3d; a window that ceil_mode
    lets reach over the end is scaled up to a whole one. Powers are those of the
    elements themselves, not of their magnitudes, so that a sum may be negative and its
    root NaN. The gradient is 0 where a sum is 0. Raises ShapeError when a window is
    larger than the input, ValueError for p = 0.
    """

def margin_ranking_loss(
    input1: _Operand,
    input2: _Operand,
    target: _Operand,
    margin: _float = 0.0,
    *,
    reduction: _str = "mean",
) -> Tensor:
    """Whether pairs are ranked rightly: max(0, margin - target * (input1 - input2)).

    input1, input2: scores of one shape (*). target: 1 where input1 should be greater,
    else -1, of the
    same shape. margin: default 0. reduction: 'mean' (default), 'sum' or 'none' (*).
    Raises ShapeError
    for different shapes, some of which PyTorch broadcasts, ValueError for another
    reduction,
    DTypeError for integers.
    """

def max_pool1d_with_indices(
    input: _Operand,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    ceil_mode: _bool = False,
) -> _ValuesIndices:
    """max_pool1d and the position of every greatest element.

    Returns (values, indices): indices, int64, count through the L
    of one channel of input in row-major order, without the padding. kernel_size,
    stride, padding, dilation and ceil_mode are those of max_pool1d.
    """

def max_pool2d_with_indices(
    input: _Operand,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    ceil_mode: _bool = False,
) -> _ValuesIndices:
    """max_pool2d and the position of every greatest element.

    Returns (values, indices): indices, int64, count through the H, W
    of one channel of input in row-major order, without the padding. kernel_size,
    stride, padding, dilation and ceil_mode are those of max_pool2d.
    """

def max_pool3d_with_indices(
    input: _Operand,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    ceil_mode: _bool = False,
) -> _ValuesIndices:
    """max_pool3d and the position of every greatest element.

    Returns (values, indices): indices, int64, count through the D, H, W
    of one channel of input in row-major order, without the padding. kernel_size,
    stride, padding, dilation and ceil_mode are those of max_pool3d.
    """

def max_unpool1d(
    input: _Operand,
    indices: _Operand,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    output_size: _int | Sequence[_int] | None = None,
) -> Tensor:
    """Partial inverse of max_pool1d: puts the maxima back, zeros elsewhere.

    input: (N, C, L) or (C, L), any dtype but bool. indices: the
    second result of max_pool1d_with_indices, of the same shape; of equal ones
    the last wins. kernel_size, stride (default kernel_size) and padding: those of
    the pooling. output_size: what was pooled, as several sizes give the same
    result; its last dims, or its whole shape; default the sizes
    (size - 1) * stride - 2 * padding + kernel_size. Raises IndexError for an index
    outside of the result, ShapeError when shapes differ, ValueError for an
    output_size that no such pooling can have had.
    """

def max_unpool2d(
    input: _Operand,
    indices: _Operand,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    output_size: _int | Sequence[_int] | None = None,
) -> Tensor:
    """Partial inverse of max_pool2d: puts the maxima back, zeros elsewhere.

    input: (N, C, H, W) or (C, H, W), any dtype but bool. indices: the
    second result of max_pool2d_with_indices, of the same shape; of equal ones
    the last wins. kernel_size, stride (default kernel_size) and padding: those of
    the pooling. output_size: what was pooled, as several sizes give the same
    result; its last dims, or its whole shape; default the sizes
    (size - 1) * stride - 2 * padding + kernel_size. Raises IndexError for an index
    outside of the result, ShapeError when shapes differ, ValueError for an
    output_size that no such pooling can have had.
    """

def max_unpool3d(
    input: _Operand,
    indices: _Operand,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    output_size: _int | Sequence[_int] | None = None,
) -> Tensor:
    """Partial inverse of max_pool3d: puts the maxima back, zeros elsewhere.

    input: (N, C, D, H, W) or (C, D, H, W), any dtype but bool. indices: the
    second result of max_pool3d_with_indices, of the same shape; of equal ones
    the last wins. kernel_size, stride (default kernel_size) and padding: those of
    the pooling. output_size: what was pooled, as several sizes give the same
    result; its last dims, or its whole shape; default the sizes
    (size - 1) * stride - 2 * padding + kernel_size. Raises IndexError for an index
    outside of the result, ShapeError when shapes differ, ValueError for an
    output_size that no such pooling can have had.
    """

def mse_loss(
    input: _Operand,
    target: _Operand,
    reduction: _str = "mean",
    weight: _Operand | None = None,
) -> Tensor:
    """Squared error: (input - target)**2.

    input, target: the same shape (*); unlike in PyTorch they do not broadcast, which
    would train
    towards the mean. weight: a factor for each element, broadcasts; 'mean' is then
    divided by the sum
    of the weights. reduction: 'mean' (default; NaN for an empty input), 'sum' or 'none'
    (*). Raises
    ShapeError for different shapes, ValueError for another reduction, DTypeError for
    integers.
    """

def multi_margin_loss(
    input: _Operand,
    target: _Operand,
    p: _int = 1,
    margin: _float = 1.0,
    weight: _Operand | None = None,
    *,
    reduction: _str = "mean",
) -> Tensor:
    """Hinges of all classes but the right one: sum of max(0, margin - x[y] + x[i])**p / C.

    input: scores (N, C) or (C), floating point. target: integer classes y (N) or (). p: 1
    (default) or
    2. margin: default 1. weight: (C), a factor for each right class. reduction: 'mean'
    (default), 'sum'
    or 'none' (N). Raises IndexError for a class outside of [0, C), ShapeError when shapes
    do not fit,
    ValueError for another p or reduction, DTypeError for an integer input. Source:
    Crammer and Singer,
    2001.
    """

def multilabel_margin_loss(
    input: _Operand,
    target: _Operand,
    *,
    reduction: _str = "mean",
) -> Tensor:
    """Hinges between right and wrong classes: sum of max(0, 1 - x[y] + x[i]) / C.

    input: scores (N, C) or (C), floating point. target: int64 of the same shape; the
    right classes y of
    a row stand in front of its first -1, in any order. The sum is over all pairs of a
    right class and a
    wrong class i. reduction: 'mean' (default), 'sum' or 'none' (N). The gradient of
    second order is 0.
    Raises IndexError for a class outside of [-1, C), ShapeError for different shapes,
    ValueError for
    another reduction, DTypeError for an integer input or a target that is not.
    """

def multilabel_soft_margin_loss(
    input: _Operand,
    target: _Operand,
    weight: _Operand | None = None,
    *,
    reduction: _str = "mean",
) -> Tensor:
    """Binary cross-entropy of the logits of each class, averaged over the classes.

    input: logits (*, C), floating point. target: 0 or 1, of the same shape. weight: a
    factor for each
    class, broadcasts. reduction: 'mean' (default), 'sum' or 'none' (*). Raises ShapeError
    for different
    shapes, which PyTorch broadcasts, ValueError for another reduction, DTypeError for
    integers.
    """

def native_channel_shuffle(
    input: _Operand,
    groups: _int,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """channel_shuffle(input, groups), under another name of PyTorch's."""

def nll_loss(
    input: _Operand,
    target: _Operand,
    weight: _Operand | None = None,
    *,
    ignore_index: _int = -100,
    reduction: _str = "mean",
) -> Tensor:
    """Negative log-likelihood: -weight[target] * input[target].

    input: log-probabilities (C,), (N, C) or (N, C, d1, …). target: integer class indices
    (), (N,) or
    (N, d1, …). weight: (C,), default 1. Rows whose target is ignore_index (default -100)
    count 0.
    reduction: 'none', 'sum', or 'mean' (default), which divides by the summed weights of
    the targets.
    Raises IndexError for a class outside of [0, C), ShapeError when shapes do not fit,
    DTypeError for
    an integer input. cross_entropy is this after log_softmax.
    """

def one_hot(input: _Operand, num_classes: _int = -1) -> Tensor:
    """1 at the position of each class index along a new last dim, 0 elsewhere.

    input: integers (*). num_classes: the size of the new dim; -1 (default) takes the
    greatest index
    plus 1. Returns int64 (*, num_classes), not differentiable. Raises ValueError for an
    index outside
    of [0, num_classes), ShapeError for an empty input without num_classes.
    """

def pad(
    input: _Operand,
    pad: _int | Sequence[_int],
    mode: _str = "constant",
    value: _float | None = None,
) -> Tensor:
    """The last dims of input made longer at both ends, or shorter.

    pad: numbers of elements (before, after) for the last dim, then for the one before it,
    and so on;
    negative ones cut off. mode: what is put in, 'constant' (value, default 0), 'reflect'
    (mirrored,
    without the edge itself), 'replicate' (the edge) or 'circular' (the other end). value
    is converted
    to the dtype of input; only 'constant' reads it. Any dims of any number of dims can be
    padded in
    any mode. channels_last stays.
    Raises ShapeError for an odd number of entries or too many, a negative size, or more
    than n - 1
    ('reflect') or n ('circular') elements in a dim of size n; ValueError for another
    mode.
    """

def pairwise_distance(
    x1: _Operand,
    x2: _Operand,
    p: _float = 2.0,
    eps: _float = 1e-06,
    keepdim: _bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Distance of vectors along the last dim: |x1 - x2 + eps| in the norm of order p.

    x1, x2: (*, D), broadcast against each other; integers give float32. p: default 2.
    eps: added to
    each difference (default 1e-6), which keeps the gradient of equal vectors finite;
    PyTorch's does so
    too. Returns (*), or (*, 1) if keepdim.
    """

def pdist(input: _Operand, p: _float = 2.0, *, out: Tensor | None = None) -> Tensor:
    """Distances between all pairs of rows i < j, in the norm of order p.

    input: (n, width), floating point. p: 0 or more, default 2; 0 counts differences, inf
    is the
    greatest one. Returns (n (n - 1) / 2): the pairs (0, 1), (0, 2), …, (n - 2, n - 1).
    The gradient at
    distance 0 is 0. Raises ShapeError for another number of dims, ValueError for a
    negative p,
    DTypeError for integers. cdist gives the whole matrix.
    """

def pixel_shuffle(
    input: _Operand,
    upscale_factor: _int,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Channels turned into pixels: (*, C * r * r, H, W) to (*, C, H * r, W * r).

    out[..., c, h * r + i, w * r + j] = input[..., c * r * r + i * r + j, h, w] with
    r = upscale_factor. Any dtype; channels_last stays. Raises ShapeError for fewer than
    three dims or
    channels that r * r does not divide, ValueError for r < 1. Source: Shi and others,
    2016.
    """

def pixel_unshuffle(
    input: _Operand,
    downscale_factor: _int,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Pixels turned into channels: (*, C, H * r, W * r) to (*, C * r * r, H, W).

    The inverse of pixel_shuffle, with r = downscale_factor. input: any dtype;
    channels_last stays.
    Raises ShapeError for fewer than three dims or sizes that r does not divide,
    ValueError for r < 1.
    """

def poisson_nll_loss(
    input: _Operand,
    target: _Operand,
    log_input: _bool = True,
    full: _bool = False,
    *,
    eps: _float = 1e-08,
    reduction: _str = "mean",
) -> Tensor:
    """Negative log-likelihood of counts: exp(input) - target * input.

    input: logarithms of the rates of Poisson distributions (*); with log_input=False the
    rates
    themselves: input - target * log(input + eps). target: counts of the same shape. full:
    adds
    Stirling's approximation of log(target!) where target > 1. eps: default 1e-8.
    reduction: 'mean'
    (default), 'sum' or 'none' (*). Raises ShapeError for different shapes, which PyTorch
    broadcasts,
    ValueError for another reduction, DTypeError for integers.
    """

def prelu(input: _Operand, weight: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Parametric ReLU: max(x, 0) + weight * min(x, 0).

    input: (*), floating point. weight: one number for all, () or (1), or (C) for each
    channel: dim 1 of
    input. Returns the shape of input. Raises ShapeError for another weight, DTypeError
    for integers.
    Source: He and others, 2015.
    """

def relu_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Rectified linear unit: max(x, 0). In place."""

def rms_norm(
    input: _Operand,
    normalized_shape: _int | Sequence[_int],
    weight: _Operand | None = None,
    eps: _float | None = None,
) -> Tensor:
    """The last dims over their root mean square: x / sqrt(mean(x ** 2) + eps) * weight.

    input: (*, normalized_shape), floating point; its shape and dtype stay. weight has
    normalized_shape;
    None (default) leaves it out. eps: default the distance from 1 to the next float64
    number for
    float64, to the next float32 number otherwise. A row of zeros gives zeros. Raises
    ShapeError when normalized_shape does not fit, DTypeError for integers.
    Source: Zhang and Sennrich, 2019.
    """

def rrelu(
    input: _Operand,
    lower: _float = 0.125,
    upper: _float = 0.3333333333333333,
    training: _bool = False,
    inplace: _bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Randomized leaky ReLU: x where x > 0, else a * x.

    input: (*), floating point. training: a is drawn for each element, uniform in [lower,
    upper);
    otherwise (default) it is (lower + upper) / 2. inplace=True writes over input.
    Defaults: 1 / 8 and
    1 / 3. Raises ValueError unless lower <= upper, DTypeError for integers. Source: Xu
    and others, 2015.
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
    """Attention, softmax(query @ key.mT * scale + mask) @ value, in memory linear in L + S.

    query: (*, L, E), key: (*, S, E), value: (*, S, V), of one floating dtype; leading
    dims broadcast.
    Returns (*, L, V). scale: default 1 / sqrt(E). attn_mask: bool (True takes part) or
    numbers that are
    added, broadcasting to (*, L, S). is_causal=True: query i sees keys 0 to i; excludes
    attn_mask.
    A query that sees no key gives 0. enable_gqa=True: dim -3 of query is a multiple of
    that of key and
    value, whose heads are shared by groups. dropout_p: probability (default 0) of
    dropping each weight;
    above 0 the weights (*, L, S) are stored.
    Raises ShapeError when shapes do not fit, ValueError for a mask with is_causal,
    RuntimeError for
    different dtypes. Source: Vaswani and others, 2017; Dao and others, 2022.
    """

def selu_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Scaled ELU: scale * elu(x, alpha), with constants that keep mean 0 and variance 1. In
    place.
    """

def sigmoid(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Logistic function of every element: 1 / (1 + exp(-x)).

    input: (*); integers give float32. Returns the same shape, in [0, 1]. It does not
    overflow for any x.
    """

def smooth_l1_loss(
    input: _Operand,
    target: _Operand,
    *,
    reduction: _str = "mean",
    beta: _float = 1.0,
) -> Tensor:
    """½ d² / beta where d = |input - target| is below beta, d - ½ beta elsewhere.

    input, target: the same shape (*); unlike in PyTorch they do not broadcast. beta:
    where the parabola
    ends (default 1; 0 gives the absolute error). reduction: 'mean' (default), 'sum' or
    'none' (*).
    Raises ShapeError for different shapes, ValueError for negative beta and another
    reduction,
    DTypeError for integers. Source: Girshick, 2015.
    """

def soft_margin_loss(input: _Operand, target: _Operand, *, reduction: _str = "mean") -> Tensor:
    """Logistic loss of two classes: log(1 + exp(-target * input)).

    input: (*), floating point. target: 1 or -1, of the same shape. reduction: 'mean'
    (default), 'sum'
    or 'none' (*). Large inputs do not overflow. Raises ShapeError for different shapes,
    which PyTorch
    broadcasts, ValueError for another reduction, DTypeError for integers.
    """

def softmax(
    input: _Operand,
    dim: _int,
    dtype: _dtype | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Exponentials along a dim, normalized to the sum 1: exp(x) / sum(exp(x)).

    input: (*), floating point. dim: the dim that sums to 1. dtype: converted to first
    (default: that of input). Returns the same shape. The greatest element is taken out
    first: no overflow. A row of -inf, or one with inf or NaN, gives NaN. Raises
    DTypeError
    for integers without a dtype.
    """

def softplus(input: _Operand, beta: _float = 1.0, threshold: _float = 20.0) -> Tensor:
    """Smooth rectifier: log(1 + exp(beta * x)) / beta.

    input: (*), floating point. Returns the same shape and dtype. beta: sharpness (default
    1); the larger, the closer to relu. threshold: where beta * x exceeds it (default 20)
    the result is x itself and the gradient 1, else the gradient is sigmoid(beta * x).
    Raises DTypeError for integers.
    """

def softshrink(input: _Operand, lambd: _float = 0.5) -> Tensor:
    """All values moved towards 0: x - lambd above lambd, x + lambd below -lambd, else 0.

    input: (*), floating point. Returns the same shape and dtype. lambd: 0 or more,
    default 0.5. NaN
    stays NaN. The gradient is 1 outside of [-lambd, lambd], else 0. Raises ValueError for
    a negative
    lambd, DTypeError for integers.
    """

def softsign(input: _Operand) -> Tensor:
    """Softsign: x / (1 + |x|).

    input: (*); integers give float32. Returns the same shape, in [-1, 1], complex numbers
    in the unit circle. Infinities give -1 and 1, the limits. The gradient is 1 / (1 +
    |x|)**2. Raises DTypeError for bool
    tensors.
    """

def tanh(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Hyperbolic tangent of every element: (exp(x) - exp(-x)) / (exp(x) + exp(-x)).

    input: (*); integers give float32. Returns the same shape, in [-1, 1].
    """

def threshold_(
    input: _Operand,
    threshold: _float,
    value: _float,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Small values replaced: x where x > threshold, else value. In place."""

def triplet_margin_loss(
    anchor: _Operand,
    positive: _Operand,
    negative: _Operand,
    margin: _float = 1.0,
    p: _float = 2.0,
    eps: _float = 1e-06,
    swap: _bool = False,
    *,
    reduction: _str = "mean",
) -> Tensor:
    """Whether an anchor is nearer to a positive than to a negative: max(0, d(a, p) - d(a, n)
    + margin).

    anchor, positive, negative: (*, D), of one shape. d: pairwise_distance of order p
    (default 2), with
    eps (default 1e-6). margin: default 1. swap: takes the lesser of d(a, n) and d(p, n)
    (Balntas and
    others, 2016). reduction: 'mean' (default), 'sum' or 'none' (*). Raises ShapeError for
    different
    shapes, some of which PyTorch broadcasts, ValueError for another reduction, and for a
    margin that is
    not positive, DTypeError for integers.
    """

def unfold(
    input: _Operand,
    kernel_size: _int | Sequence[_int],
    dilation: _int | Sequence[_int] = 1,
    padding: _int | Sequence[_int] = 0,
    stride: _int | Sequence[_int] = 1,
) -> Tensor:
    """All windows of images as the columns of a matrix.

    input: (N, C, H, W) or (C, H, W), any dtype. Returns (N, C * kh * kw, L): column l is
    the l-th
    window in row-major order, its elements by channel and then row by row. L = the
    product of
    floor((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1 over both
    dims.
    kernel_size, dilation, padding (zeros) and stride: a number or a pair. fold is the
    transpose.
    Raises ShapeError for another number of dims or windows larger than the image,
    ValueError for
    numbers out of range.
    """
