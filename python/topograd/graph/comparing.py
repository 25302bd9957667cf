"""One derivative by three ways, at the element where they differ most."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import topograd as tg
from topograd._C import Tensor

__all__ = ["Comparison", "Tolerance", "compared"]


@dataclass(frozen=True)
class Tolerance:
    """eps: the step of the central differences. |error| <= atol + rtol * |numeric| is right."""

    eps: float = 1e-6
    atol: float = 1e-5
    rtol: float = 1e-3

    def error(self, got: float, numeric: float) -> float:
        """The error as a multiple of what is allowed; above 1 is wrong."""
        if math.isnan(got) and math.isnan(numeric):
            return 0.0
        allowed = self.atol + self.rtol * abs(numeric)
        error = abs(got - numeric) / allowed if allowed else float(got != numeric) * math.inf
        return math.inf if math.isnan(error) else error

    def outside(self, got: float, sides: list[float]) -> float:
        """How far a number is from between the derivatives of both sides, in the same measure."""
        return self.error(got, min(max(got, sides[0]), sides[1]))


@dataclass
class Comparison:
    """The element that differs most: position, three numbers; forward is None without a jvp.

    error: in multiples of what is allowed.  wrong: 'backward', 'jvp' or both.  checked: how many
    elements were looked at one by one.
    """

    position: tuple[int, ...]
    analytic: float
    numeric: float
    forward: float | None
    error: float
    wrong: tuple[str, ...]
    checked: int
    remark: str = ""

    @property
    def ok(self) -> bool:
        """Whether all three agree."""
        return not self.wrong


def compared(
    result: Callable[[Tensor], float],
    analytic: Tensor,
    forward: Callable[[Tensor], float],
    elements: int,
    tolerance: Tolerance,
) -> Comparison:
    """Compares a gradient with derivatives in directions, element by element.

    result: the number that is differentiated, this far from where.  forward: its derivative in a
    direction; may raise NotImplementedError.  Up to `elements` elements are compared one by one; of
    more, all together in one direction besides, and if that differs the guilty element is searched
    by halving.  At a kink (relu at 0) everything between the derivatives of both sides is right.
    """
    probe = _Probe(result, analytic, forward, tolerance)
    count = analytic.numel()
    stride = max(1, -(-count // elements))
    positions = list(range(0, count, stride))
    if stride > 1 and probe.along(0, count).error > 1:
        low, high = 0, count
        while high - low > 1:
            middle = (low + high) // 2
            left, right = probe.along(low, middle), probe.along(middle, high)
            low, high = (low, middle) if left.error >= right.error else (middle, high)
        positions.append(low)
    found = [probe.along(position, position + 1, unit=True) for position in positions]
    worst = max(found, key=lambda one: one.error)
    worst.checked = len(positions)
    return worst


class _Probe:
    """The three derivatives in the direction of a range of elements."""

    def __init__(
        self,
        result: Callable[[Tensor], float],
        analytic: Tensor,
        forward: Callable[[Tensor], float],
        tolerance: Tolerance,
    ) -> None:
        self._result, self._forward, self._tolerance = result, forward, tolerance
        self._analytic = analytic
        self._flat = analytic.detach().flatten().double()
        self._remark = ""

    def along(self, low: int, high: int, unit: bool = False) -> Comparison:
        """Of the elements low to high; with fixed weights, or each with 1."""
        weights = tg.zeros(self._flat.numel(), dtype=tg.float64)
        counted = tg.arange(low, high, dtype=tg.float64)
        weights[low:high] = 1.0 if unit else (counted * 0.754877666 % 1) + 0.5
        direction = weights.view(self._analytic.shape).to(self._analytic.dtype)
        eps, tolerance = self._tolerance.eps, self._tolerance
        up, down = self._result(direction * eps), self._result(-direction * eps)
        want = (up - down) / (2 * eps)
        got, pushed = float((self._flat * weights).sum().item()), self._pushed(direction)
        reverse = tolerance.error(got, want)
        jvp = 0.0 if pushed is None else tolerance.error(pushed, want)
        if max(reverse, jvp) > 1:
            middle = self._result(direction * 0)
            sides = sorted(((up - middle) / eps, (middle - down) / eps))
            reverse = min(reverse, tolerance.outside(got, sides))
            jvp = jvp if pushed is None else min(jvp, tolerance.outside(pushed, sides))
        wrong = tuple(name for name, one in (("backward", reverse), ("jvp", jvp)) if one > 1)
        place = _place(low, self._analytic)
        return Comparison(place, got, want, pushed, max(reverse, jvp), wrong, 0, self._remark)

    def _pushed(self, direction: Tensor) -> float | None:
        if self._remark:
            return None
        try:
            return self._forward(direction)
        except NotImplementedError:
            self._remark = "no jvp"
            return None


def _place(flat: int, like: Tensor) -> tuple[int, ...]:
    place = []
    for size in reversed(like.shape):
        place.append(flat % size)
        flat //= size
    return tuple(reversed(place))
