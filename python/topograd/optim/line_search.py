"""The line search of LBFGS."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from topograd._C import Tensor

SUFFICIENT_DECREASE = 1e-4
SUFFICIENT_FLATNESS = 0.9


class Point(NamedTuple):
    """A place on the line x + t d."""

    t: float
    loss: float
    gradient: Tensor
    slope: float  # of the loss along d


def strong_wolfe(
    at: Callable[[float], Point],
    start: Point,
    t: float,
    length: float,
    tolerance: float,
    most: int,
) -> tuple[Point, int]:
    """A point that fulfils the strong Wolfe conditions, and how often the loss was evaluated.

    at: evaluates the loss.  start: the point t = 0.  t: tried first.  length: the largest element
    of d.  An interval that is known to hold such a point is found first, by steps that grow, and
    then made smaller, both by cubic interpolation; the best point known is given where the interval
    times `length` is less than `tolerance`, or after about `most` evaluations. Source: Nocedal and
    Wright, Numerical Optimization, 2006, algorithms 3.5 and 3.6.
    """
    before, here = start, at(t)
    for tries in range(most):
        no_better = tries > 1 and here.loss >= before.loss
        if _too_high(here, start) or no_better:
            return _zoom(at, start, [before, here], length, tolerance, (tries, most))
        if _flat(here, start):
            return here, tries + 1
        if here.slope >= 0:
            return _zoom(at, start, [before, here], length, tolerance, (tries, most))
        bounds = (here.t + 0.01 * (here.t - before.t), here.t * 10)
        before, here = here, at(_cubic_minimum(before, here, bounds))
    return (start if start.loss <= here.loss else here), max(most, 0) + 1


def _too_high(point: Point, start: Point) -> bool:
    return point.loss > start.loss + SUFFICIENT_DECREASE * point.t * start.slope


def _flat(point: Point, start: Point) -> bool:
    return abs(point.slope) <= -SUFFICIENT_FLATNESS * start.slope


def _zoom(
    at: Callable[[float], Point],
    start: Point,
    ends: list[Point],
    length: float,
    tolerance: float,
    tries_and_most: tuple[int, int],
) -> tuple[Point, int]:
    """The interval between two points made smaller, until its lower end fulfils the conditions."""
    tries, most = tries_and_most
    low = 0 if ends[0].loss <= ends[1].loss else 1
    near_an_end = done = False
    while not done and tries < most:
        if abs(ends[1].t - ends[0].t) * length < tolerance:
            break
        t, near_an_end = _inside(ends, near_an_end)
        here = at(t)
        tries += 1
        high = 1 - low
        if _too_high(here, start) or here.loss >= ends[low].loss:
            ends[high] = here
            low = 0 if ends[0].loss <= ends[1].loss else 1
            continue
        done = _flat(here, start)
        if not done and here.slope * (ends[high].t - ends[low].t) >= 0:
            ends[high] = ends[low]
        ends[low] = here
    return ends[low], tries + 1


def _inside(ends: list[Point], was_near: bool) -> tuple[float, bool]:
    """Where to look in the interval; whether that is near one of its ends.

    A second time in a row it is moved away from there, so that the interval shrinks.
    """
    first, last = min(p.t for p in ends), max(p.t for p in ends)
    t = _cubic_minimum(ends[0], ends[1], (first, last))
    margin = 0.1 * (last - first)
    if not min(last - t, t - first) < margin:
        return t, False
    if not (was_near or t >= last or t <= first):
        return t, True
    return (last - margin if abs(t - last) < abs(t - first) else first + margin), False


def _cubic_minimum(a: Point, b: Point, bounds: tuple[float, float]) -> float:
    """Where the cubic through two points with their slopes is least, within the bounds.

    The middle of the bounds where there is no such place.
    """
    lowest, highest = bounds
    if b.t < a.t:
        a, b = b, a
    if b.t > a.t:
        bend = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
        square = bend * bend - a.slope * b.slope
        if square >= 0:
            root = math.sqrt(square)
            below = b.slope - a.slope + 2 * root
            if below != 0:
                t = b.t - (b.t - a.t) * ((b.slope + root - bend) / below)
                return min(max(t, lowest), highest)
    return (lowest + highest) / 2
