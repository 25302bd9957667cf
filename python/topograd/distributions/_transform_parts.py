"""Transforms of the parts of a tensor along a dim."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.distributions import constraints
from topograd.distributions._transform import Transform
from topograd.distributions.utils import sum_rightmost


class _PartsTransform(Transform):
    """What transforms of parts share: how a tensor is taken apart and put together differs."""

    def __init__(self, tseq: Sequence[Transform], dim: int, cache_size: int) -> None:
        if not tseq or not all(isinstance(one, Transform) for one in tseq):
            raise ValueError(f"{type(self).__name__}: expects transforms, got {tseq}")
        super().__init__(cache_size)
        self.transforms = [one.with_cache(cache_size) for one in tseq] if cache_size else list(tseq)
        self.dim = dim

    @property
    def bijective(self) -> bool:
        """Whether all are."""
        return all(one.bijective for one in self.transforms)

    def _taken_apart(self, value: Tensor) -> tuple[Tensor, ...]:
        raise NotImplementedError

    def _put_together(self, parts: list[Tensor]) -> Tensor:
        raise NotImplementedError

    def _on_parts(self, apply: Callable[[Transform, Tensor], Tensor], value: Tensor) -> Tensor:
        parts = self._taken_apart(value)
        return self._put_together(
            [apply(one, part) for one, part in zip(self.transforms, parts, strict=True)]
        )

    def _call(self, x: Tensor) -> Tensor:
        return self._on_parts(lambda one, part: one(part), x)

    def _inverse(self, y: Tensor) -> Tensor:
        return self._on_parts(lambda one, part: one._inv_call(part), y)


class StackTransform(_PartsTransform):
    """One transform for each index of dim `dim`."""

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(tseq, dim, cache_size)

    @constraints.dependent_property
    def domain(self) -> Any:
        """Those of the transforms."""
        return constraints.stack([one.domain for one in self.transforms], self.dim)

    @constraints.dependent_property
    def codomain(self) -> Any:
        """Those of the transforms."""
        return constraints.stack([one.codomain for one in self.transforms], self.dim)

    def _taken_apart(self, value: Tensor) -> tuple[Tensor, ...]:
        if value.shape[self.dim] != len(self.transforms):
            raise ValueError(
                f"StackTransform: expects {len(self.transforms)} parts in dim {self.dim}, got "
                f"shape {tuple(value.shape)}"
            )
        return tuple(value.unbind(self.dim))

    def _put_together(self, parts: list[Tensor]) -> Tensor:
        return tg.stack(parts, self.dim)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        pairs = zip(self.transforms, self._taken_apart(x), self._taken_apart(y), strict=True)
        return tg.stack([one.log_abs_det_jacobian(a, b) for one, a, b in pairs], self.dim)


class CatTransform(_PartsTransform):
    """One transform for each stretch of dim `dim`, of the given lengths (default: 1 each)."""

    def __init__(
        self,
        tseq: Sequence[Transform],
        dim: int = 0,
        lengths: Sequence[int] | None = None,
        cache_size: int = 0,
    ) -> None:
        super().__init__(tseq, dim, cache_size)
        self.lengths = [1] * len(self.transforms) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.transforms):
            raise ValueError(
                f"CatTransform: expects a length for each of {len(self.transforms)} transforms, "
                f"got {lengths}"
            )

    @property
    def event_dim(self) -> int:
        return max(one.event_dim for one in self.transforms)

    @property
    def length(self) -> int:
        """The length of the whole dim."""
        return sum(self.lengths)

    @constraints.dependent_property
    def domain(self) -> Any:
        """Those of the transforms."""
        return constraints.cat([one.domain for one in self.transforms], self.dim, self.lengths)

    @constraints.dependent_property
    def codomain(self) -> Any:
        """Those of the transforms."""
        return constraints.cat([one.codomain for one in self.transforms], self.dim, self.lengths)

    def _taken_apart(self, value: Tensor) -> tuple[Tensor, ...]:
        if value.shape[self.dim] != self.length:
            raise ValueError(
                f"CatTransform: expects length {self.length} in dim {self.dim}, got shape "
                f"{tuple(value.shape)}"
            )
        return tuple(value.split(self.lengths, self.dim))

    def _put_together(self, parts: list[Tensor]) -> Tensor:
        return tg.cat(parts, self.dim)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        events = self.event_dim
        found = []
        pairs = zip(self.transforms, self._taken_apart(x), self._taken_apart(y), strict=True)
        for one, before, after in pairs:
            inner = one.log_abs_det_jacobian(before, after)
            found.append(sum_rightmost(inner, events - one.event_dim))
        dim = self.dim - x.dim() if self.dim >= 0 else self.dim
        dim += events
        return tg.cat(found, dim) if dim < 0 else sum(found[1:], start=found[0])
