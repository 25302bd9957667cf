"""Activations as modules."""

from __future__ import annotations

from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.nn import functional as F
from topograd.nn.module import Module
from topograd.nn.parameter import Parameter


class _WithInplace(Module):
    """An activation whose only setting is whether it writes over its input."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        return "inplace=True" if self.inplace else ""


class _WithoutSettings(Module):
    """An activation that ignores the arguments of its constructor, as in PyTorch."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()


class ReLU(_WithInplace):
    """y = max(x, 0).

    >>> import topograd as tg
    >>> tg.nn.ReLU()(tg.tensor([-1.0, 2.0])).tolist()
    [0.0, 2.0]
    """

    def forward(self, input: Tensor) -> Tensor:
        return input.relu_() if self.inplace else input.relu()


class ReLU6(_WithInplace):
    """y = min(max(x, 0), 6).

    >>> import topograd as tg
    >>> tg.nn.ReLU6()(tg.tensor([-1.0, 8.0])).tolist()
    [0.0, 6.0]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.relu6(input, self.inplace)


class SiLU(_WithInplace):
    """y = x / (1 + exp(-x)), also called swish.

    >>> import topograd as tg
    >>> tg.nn.SiLU()(tg.tensor(0.0)).item()
    0.0
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.silu(input, self.inplace)


class Mish(_WithInplace):
    """y = x tanh(softplus(x)).

    >>> import topograd as tg
    >>> tg.nn.Mish()(tg.tensor(0.0)).item()
    0.0
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.mish(input, self.inplace)


class SELU(_WithInplace):
    """y = s elu(x, a) with the constants that keep mean 0 and variance 1.

    >>> import topograd as tg
    >>> tg.nn.SELU()(tg.tensor(0.0)).item()
    0.0
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.selu(input, self.inplace)


class Hardswish(_WithInplace):
    """y = x min(max(x + 3, 0), 6) / 6.

    >>> import topograd as tg
    >>> tg.nn.Hardswish()(tg.tensor([0.0, 4.0])).tolist()
    [0.0, 4.0]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.hardswish(input, self.inplace)

    def extra_repr(self) -> str:
        return ""


class Hardsigmoid(Hardswish):
    """y = min(max(x + 3, 0), 6) / 6.

    >>> import topograd as tg
    >>> tg.nn.Hardsigmoid()(tg.tensor([-4.0, 0.0])).tolist()
    [0.0, 0.5]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.hardsigmoid(input, self.inplace)


class Tanh(_WithoutSettings):
    """y = tanh(x).

    >>> import topograd as tg
    >>> tg.nn.Tanh()(tg.tensor(0.0)).item()
    0.0
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.tanh(input)


class Sigmoid(_WithoutSettings):
    """y = 1 / (1 + exp(-x)).

    >>> import topograd as tg
    >>> tg.nn.Sigmoid()(tg.tensor(0.0)).item()
    0.5
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.sigmoid(input)


class LogSigmoid(_WithoutSettings):
    """y = log(1 / (1 + exp(-x))).

    >>> import topograd as tg
    >>> tg.nn.LogSigmoid()(tg.tensor(-200.0)).item()
    -200.0
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.logsigmoid(input)


class Softsign(_WithoutSettings):
    """y = x / (1 + |x|).

    >>> import topograd as tg
    >>> tg.nn.Softsign()(tg.tensor(3.0)).item()
    0.75
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.softsign(input)


class Tanhshrink(_WithoutSettings):
    """y = x - tanh(x).

    >>> import topograd as tg
    >>> tg.nn.Tanhshrink()(tg.tensor(0.0)).item()
    0.0
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.tanhshrink(input)


class GELU(Module):
    """y = x Φ(x), with Φ the distribution function of the standard normal distribution.

    approximate: "none" (default) or "tanh".  Source: Hendrycks and Gimpel, 2016.

    >>> import topograd as tg
    >>> tg.nn.GELU()(tg.tensor(0.0)).item()
    0.0
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        return f"approximate={self.approximate!r}"


class LeakyReLU(_WithInplace):
    """y = x where x > 0, negative_slope x elsewhere.

    >>> import topograd as tg
    >>> tg.nn.LeakyReLU(0.5)(tg.tensor([-2.0, 2.0])).tolist()
    [-1.0, 2.0]
    """

    def __init__(self, negative_slope: float = 1e-2, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.negative_slope = negative_slope

    def forward(self, input: Tensor) -> Tensor:
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else "")


class ELU(_WithInplace):
    """y = x where x > 0, alpha (exp(x) - 1) elsewhere.

    >>> import topograd as tg
    >>> tg.nn.ELU()(tg.tensor([0.0, 2.0])).tolist()
    [0.0, 2.0]
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, input: Tensor) -> Tensor:
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class CELU(ELU):
    """y = max(x, 0) + min(0, alpha (exp(x / alpha) - 1)).

    >>> import topograd as tg
    >>> tg.nn.CELU()(tg.tensor([0.0, 2.0])).tolist()
    [0.0, 2.0]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.celu(input, self.alpha, self.inplace)


class Hardtanh(_WithInplace):
    """y = min(max(x, min_val), max_val).  Raises ValueError unless min_val < max_val.

    >>> import topograd as tg
    >>> tg.nn.Hardtanh()(tg.tensor([-2.0, 0.5])).tolist()
    [-1.0, 0.5]
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        if not max_val > min_val:
            raise ValueError(f"max_val must be larger than min_val, got {min_val} and {max_val}")
        self.min_val = min_val
        self.max_val = max_val

    def forward(self, input: Tensor) -> Tensor:
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        bounds = f"min_val={self.min_val}, max_val={self.max_val}"
        return bounds + (", inplace=True" if self.inplace else "")


class Threshold(_WithInplace):
    """y = x where x > threshold, value elsewhere.

    >>> import topograd as tg
    >>> tg.nn.Threshold(1.0, -1.0)(tg.tensor([0.5, 2.0])).tolist()
    [-1.0, 2.0]
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.threshold = threshold
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        bounds = f"threshold={self.threshold}, value={self.value}"
        return bounds + (", inplace=True" if self.inplace else "")


class Hardshrink(Module):
    """y = x where |x| > lambd, 0 elsewhere.

    >>> import topograd as tg
    >>> tg.nn.Hardshrink()(tg.tensor([-1.0, 0.25])).tolist()
    [-1.0, 0.0]
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Softshrink(Module):
    """y = x - lambd above lambd, x + lambd below -lambd, 0 elsewhere.  lambd: 0 or more.

    >>> import topograd as tg
    >>> tg.nn.Softshrink()(tg.tensor([-1.0, 0.25])).tolist()
    [-0.5, 0.0]
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class RReLU(_WithInplace):
    """Randomized leaky ReLU: y = x where x > 0, a x elsewhere.

    a: in training drawn for each element, uniform in [lower, upper); else (lower + upper) / 2.
    Source: Xu et al., 2015.

    >>> import topograd as tg
    >>> tg.nn.RReLU(0.25, 0.75).eval()(tg.tensor([-8.0, 2.0])).tolist()
    [-4.0, 2.0]
    """

    def __init__(
        self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False
    ) -> None:
        super().__init__(inplace)
        self.lower = lower
        self.upper = upper

    def forward(self, input: Tensor) -> Tensor:
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        bounds = f"lower={self.lower}, upper={self.upper}"
        return bounds + (", inplace=True" if self.inplace else "")


class Softplus(Module):
    """y = log(1 + exp(beta x)) / beta; x itself where beta x > threshold.

    >>> import topograd as tg
    >>> tg.nn.Softplus()(tg.tensor(30.0)).item()
    30.0
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class PReLU(Module):
    """y = max(x, 0) + weight min(x, 0), with one trained weight, or one for each channel (axis 1).

    num_parameters: 1 or the number of channels.  init: their first value.

    >>> import topograd as tg
    >>> tg.nn.PReLU()(tg.tensor([-2.0, 2.0])).tolist()
    [-0.5, 2.0]
    """

    weight: Parameter

    def __init__(
        self,
        num_parameters: int = 1,
        init: float = 0.25,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(tg.full((num_parameters,), init, device=device, dtype=dtype))

    def forward(self, input: Tensor) -> Tensor:
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class GLU(Module):
    """y = a sigmoid(b), where a and b are the halves of x along `dim`.

    >>> import topograd as tg
    >>> tg.nn.GLU()(tg.tensor([2.0, 0.0])).tolist()
    [1.0]
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class _AlongAxis(Module):
    """An activation that normalizes along one axis."""

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def _dim(self, input: Tensor) -> int:
        """The axis; where none was given PyTorch's choice: the channels if there is a batch."""
        if self.dim is not None:
            return self.dim
        return 0 if input.ndim in (0, 1, 3) else 1

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_AlongAxis):
    """y_i = exp(x_i) / Σ exp(x_j) along `dim`: positive, with sum 1.

    >>> import topograd as tg
    >>> tg.nn.Softmax(dim=1)(tg.zeros(1, 2)).tolist()
    [[0.5, 0.5]]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.softmax(input, self._dim(input))


class Softmin(_AlongAxis):
    """softmax(-x) along `dim`.

    >>> import topograd as tg
    >>> tg.nn.Softmin(dim=1)(tg.zeros(1, 2)).tolist()
    [[0.5, 0.5]]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.softmin(input, self._dim(input))


class LogSoftmax(_AlongAxis):
    """y_i = x_i - log Σ exp(x_j) along `dim`.

    >>> import topograd as tg
    >>> tg.nn.LogSoftmax(dim=1)(tg.zeros(1, 1)).tolist()
    [[0.0]]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.log_softmax(input, self._dim(input))


class Softmax2d(_WithoutSettings):
    """softmax over the channels of (N, C, H, W) or (C, H, W), at each position.

    Raises ValueError for another number of axes.

    >>> import topograd as tg
    >>> tg.nn.Softmax2d()(tg.zeros(2, 1, 1)).tolist()
    [[[0.5]], [[0.5]]]
    """

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.ndim}D instead")
        return F.softmax(input, -3)
