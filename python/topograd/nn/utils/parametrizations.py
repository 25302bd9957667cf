"""Ready parametrizations: normalized, spectrally normalized and orthogonal weights."""

from __future__ import annotations

from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.nn.module import Module
from topograd.nn.utils import orthogonal_maps
from topograd.nn.utils.parametrize import register_parametrization
from topograd.nn.utils.weight_norm import norm_except_dim, unit

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]


def _tensor_of(module: Module, name: str) -> Tensor:
    tensor = getattr(module, name, None)
    if not isinstance(tensor, Tensor):
        raise ValueError(
            f"Module '{module}' has no parameter or buffer with name '{name}', or it is no tensor"
        )
    return tensor


class _WeightNorm(Module):
    """v g / ‖v‖, with a norm for each index of one dim."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        return weight_v * (weight_g / norm_except_dim(weight_v, 2, self.dim))

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        return norm_except_dim(weight, 2, self.dim), weight


class _RenamedKeys:
    """Loads the state of the older `weight_norm` too, whose names are `weight_g`, `weight_v`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, state_dict: dict[str, Any], prefix: str, *_: Any) -> None:
        for number, suffix in enumerate(("_g", "_v")):
            old = f"{prefix}{self.name}{suffix}"
            if old in state_dict:
                new = f"{prefix}parametrizations.{self.name}.original{number}"
                state_dict[new] = state_dict.pop(old)


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Trains the size and the direction of a weight apart: w = g v / ‖v‖.

    dim: the dim that keeps its own sizes (default 0: one per output); None or -1: one norm of all.
    The originals are `parametrizations.weight.original0` (g) and `original1` (v). Returns the
    module. Source: Salimans and Kingma, 2016.

    >>> import topograd as tg
    >>> layer = tg.nn.utils.parametrizations.weight_norm(tg.nn.Linear(3, 2))
    >>> tuple(layer.parametrizations.weight.original0.shape)
    (2, 1)
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)
    module._register_load_state_dict_pre_hook(_RenamedKeys(name))
    return module


class _SpectralNorm(Module):
    """w / σ, with σ the largest singular value by power iteration."""

    _u: Tensor
    _v: Tensor

    def __init__(
        self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12
    ) -> None:
        super().__init__()
        if not -weight.ndim <= dim < weight.ndim:
            raise IndexError(
                "Dimension out of range (expected to be in range of "
                f"[{-weight.ndim}, {weight.ndim - 1}] but got {dim})"
            )
        if n_power_iterations <= 0:
            raise ValueError(
                "Expected n_power_iterations to be positive, but got "
                f"n_power_iterations={n_power_iterations}"
            )
        self.dim = dim if dim >= 0 else dim + weight.ndim
        self.eps = eps
        if weight.ndim > 1:
            self.n_power_iterations = n_power_iterations
            matrix = self._matrix(weight.detach())
            height, width = matrix.shape
            u, v = (tg.randn(size, dtype=matrix.dtype) for size in (height, width))
            self.register_buffer("_u", unit(u, eps))
            self.register_buffer("_v", unit(v, eps))
            self._iterate(matrix, 15)

    def _matrix(self, weight: Tensor) -> Tensor:
        if self.dim != 0:
            weight = weight.movedim(self.dim, 0)
        return weight.flatten(1)

    def _iterate(self, matrix: Tensor, times: int) -> None:
        with tg.no_grad():
            for _ in range(times):
                self._u.copy_(unit(tg.mv(matrix, self._v), self.eps))
                self._v.copy_(unit(tg.mv(matrix.T, self._u), self.eps))

    def forward(self, weight: Tensor) -> Tensor:
        if weight.ndim == 1:
            return unit(weight, self.eps)
        matrix = self._matrix(weight)
        if self.training:
            self._iterate(matrix.detach(), self.n_power_iterations)
        # Clones: the buffers change at the next call, maybe before this one's backward pass.
        sigma = tg.dot(self._u.clone(), tg.mv(matrix, self._v.clone()))
        return weight / sigma

    def right_inverse(self, value: Tensor) -> Tensor:
        return value


_CHANNELS_SECOND = ("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d")


def spectral_norm(
    module: Module,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> Module:
    """Divides a weight by its largest singular value: w / σ(w), so that the layer contracts.

    σ comes from n_power_iterations steps of power iteration at each use in training mode, which go
    on from the vectors of the last use, and from 15 at first.  dim: the dim of the outputs (default
    0, and 1 for transposed convolutions); the others make the columns of the matrix.  eps keeps
    norms from 0.  Returns the module.  Source: Miyato et al., 2018.

    >>> import topograd as tg
    >>> layer = tg.nn.utils.parametrizations.spectral_norm(tg.nn.Linear(2, 2))
    >>> list(layer.parametrizations.weight[0].state_dict())
    ['_u', '_v']
    """
    weight = _tensor_of(module, name)
    if dim is None:
        dim = 1 if any(k.__name__ in _CHANNELS_SECOND for k in type(module).__mro__) else 0
    made = _SpectralNorm(weight, n_power_iterations, dim, eps)
    register_parametrization(module, name, made)
    return module


class _Orthogonal(Module):
    """A matrix with orthonormal columns (or rows, if it is wide) from any matrix."""

    base: Tensor | None

    def __init__(self, weight: Tensor, orthogonal_map: str, use_trivialization: bool) -> None:
        super().__init__()
        self.orthogonal_map = orthogonal_map
        self.map = orthogonal_maps.MAPS[orthogonal_map]
        if use_trivialization:
            self.register_buffer("base", None)
        self.trivial = use_trivialization

    def forward(self, x: Tensor) -> Tensor:
        wide = x.shape[-2] < x.shape[-1]
        q = self.map(x.mT if wide else x)
        if self.trivial and self.base is not None:
            q = self.base @ q
        return q.mT if wide else q

    def right_inverse(self, q: Tensor) -> Tensor:
        if q.shape[-2] < q.shape[-1]:
            return self._inverse(q.mT).mT
        return self._inverse(q)

    def _inverse(self, q: Tensor) -> Tensor:
        if not self.trivial:
            if self.orthogonal_map != "householder":
                raise NotImplementedError(
                    "It is not possible to assign to the matrix exponential or the Cayley "
                    "parametrizations when use_trivialization=False."
                )
            return orthogonal_maps.householder_inverse(q)
        # The base is a square orthogonal matrix that begins with q; the map of the start is then
        # the first columns of the identity.
        self.base = orthogonal_maps.completed(q)
        start = tg.zeros_like(q)
        start.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
        return start


def orthogonal(
    module: Module,
    name: str = "weight",
    orthogonal_map: str | None = None,
    *,
    use_trivialization: bool = True,
) -> Module:
    """Keeps a matrix, or a batch of them, orthogonal: QᵀQ = I, or QQᵀ = I where it is wide.

    orthogonal_map: "matrix_exp", Q = exp(A); "cayley", Q = (I + A/2)(I - A/2)⁻¹, with A the skew
    part of the trained matrix; or "householder", a product of reflections.  Default: matrix_exp for
    square matrices, householder for others.  use_trivialization: multiply by a fixed orthogonal
    matrix, the buffer `base`, which makes assignment possible with all maps (default True).  At
    first, and on assignment, the value is the nearest thing to the weight that is orthogonal: the Q
    of its QR decomposition unless it is orthogonal itself.  Returns the module.  Raises ValueError
    for a weight with one dim or another name of a map.  Source: Lezcano-Casado, 2019.

    >>> import topograd as tg
    >>> layer = tg.nn.utils.parametrizations.orthogonal(tg.nn.Linear(3, 2))
    >>> product = layer.weight @ layer.weight.T
    >>> bool(((product - tg.eye(2)).abs() < 1e-5).all())
    True
    """
    weight = _tensor_of(module, name)
    if weight.ndim < 2:
        raise ValueError(
            f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions."
        )
    if orthogonal_map is None:
        square = weight.shape[-2] == weight.shape[-1]
        orthogonal_map = "matrix_exp" if square else "householder"
    if orthogonal_map not in orthogonal_maps.MAPS:
        raise ValueError(
            f"orthogonal_map has to be one of {sorted(orthogonal_maps.MAPS)}. Got: {orthogonal_map}"
        )
    made = _Orthogonal(weight, orthogonal_map, use_trivialization)
    register_parametrization(module, name, made, unsafe=True)
    return module
