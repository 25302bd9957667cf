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
    huber_loss,
    kl_div,
    pairwise_distance,
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
from topograd.nn.composed_images import (
    local_response_norm,
    upsample,
    upsample_bilinear,
    upsample_nearest,
)

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "affine_grid",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm",
    "bilinear",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "celu",
    "channel_shuffle",
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
    "embedding_bag",
    "fold",
    "gelu",
    "glu",
    "grid_sample",
    "group_norm",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "huber_loss",
    "instance_norm",
    "interpolate",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "local_response_norm",
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
    "native_channel_shuffle",
    "nll_loss",
    "one_hot",
    "pad",
    "pairwise_distance",
    "pixel_shuffle",
    "pixel_unshuffle",
    "prelu",
    "relu",
    "relu6",
    "relu_",
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
    Raises ShapeError when a shape does not fit, and in training for less than two values
    per channel;
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

def gelu(input: _Operand, *, approximate: _str = "none") -> Tensor:
    """Gaussian error linear unit: x * Phi(x), Phi the standard normal distribution function.

    input: (*), floating point. Returns the same shape and dtype. approximate: 'none'
    (default), or 'tanh' for 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))).
    -inf gives 0, its limit, where PyTorch gives NaN. Raises ValueError for another
    approximate, DTypeError for integers. Source: Hendrycks and Gimpel, 2016.
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

def l1_loss(input: _Operand, target: _Operand, reduction: _str = "mean") -> Tensor:
    """Absolute error: |input - target|.

    input, target: the same shape (*); unlike in PyTorch they do not broadcast. reduction:
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

def mse_loss(input: _Operand, target: _Operand, reduction: _str = "mean") -> Tensor:
    """Squared error: (input - target)**2.

    input, target: the same shape (*); unlike in PyTorch they do not broadcast, which
    would train
    towards the mean. reduction: 'mean' (default; NaN for an empty input), 'sum' or 'none'
    (*). Raises
    ShapeError for different shapes, ValueError for another reduction, DTypeError for
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

def sigmoid(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Logistic function of every element: 1 / (1 + exp(-x)).

    input: (*); integers give float32. Returns the same shape, in [0, 1]. It does not
    overflow for any x.
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
