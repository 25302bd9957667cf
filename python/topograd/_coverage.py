"""The matrix of ops and derivatives, checked op by op on the samples of the registry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd._registry import Op

COLUMNS = ("value", "reverse", "forward", "second", "forward over reverse")
OK, ZERO, ABSENT, RED = "ok", "zero", "-", "RED"
STEP = 1e-6

# Inputs that an op reads as constants or writes to.
CONSTANTS = {
    "batch_norm": {"running_mean", "running_var"},
    "cross_entropy": {"weight"},
    "nll_loss": {"weight"},
    "binary_cross_entropy": {"weight"},
    "binary_cross_entropy_with_logits": {"weight", "pos_weight"},
}
# What stands in memory that nobody has set is no value.
WITHOUT_VALUE = {"empty_like", "new_empty"}
# Ops that look at memory by strides: their value is another one in another layout.
BY_STRIDES = {"as_strided", "as_strided_scatter", "view.dtype"}
# Numbers drawn by rejection jump where another number is rejected: no central difference is their
# derivative, which is that of the quantile.
WITHOUT_SLOPE = {"standard_gamma"}


class Coverage:
    """A matrix of ops by {value, reverse, forward, second order, forward over reverse}.

    `cells[op][column]` is "ok" (checked and right), "zero" (a step function: no gradient by
    definition), "-" (nothing to check: no floating point input or output) or "RED"; `problems`
    says what is wrong with each red cell.
    """

    def __init__(self) -> None:
        self.cells: dict[str, dict[str, str]] = {}
        self.problems: dict[tuple[str, str], str] = {}

    @property
    def red(self) -> list[tuple[str, str]]:
        """The cells (op, column) that failed."""
        return list(self.problems)

    def __str__(self) -> str:
        width = max((len(name) for name in self.cells), default=2) + 2
        head = "op".ljust(width) + "  ".join(column.ljust(7) for column in COLUMNS)
        lines = [
            name.ljust(width)
            + "  ".join(row[column].ljust(max(7, len(column))) for column in COLUMNS).rstrip()
            for name, row in self.cells.items()
        ]
        flat = [cell for row in self.cells.values() for cell in row.values()]
        counts = ", ".join(f"{flat.count(kind)} {kind}" for kind in (OK, ZERO, ABSENT, RED))
        lines.append(f"{len(self.cells)} ops, {len(flat)} cells: {counts}")
        lines += [f"{name}, {column}: {why}" for (name, column), why in self.problems.items()]
        return "\n".join([head, *lines])

    __repr__ = __str__


def coverage(ops: Iterable[Op] | None = None, *, show: bool = True) -> Coverage:
    """Checks every op on its samples, prints the matrix and returns it.

    Value: the same bits at a second call, and the same numbers from inputs in another memory
    layout. Reverse mode against central differences along a direction; forward mode as the
    transpose of reverse mode; the gradient of the gradient against central differences of the
    gradient; forward mode over reverse mode against reverse over reverse. All in float64, to 1e-5.

    ops: those to check (default: all of `tg.ops()`). show: False prints nothing.

    >>> import topograd as tg
    >>> two = [op for op in tg.ops() if str(op) in ("exp", "argmax")]
    >>> print(tg.coverage(two, show=False))
    op      value    reverse  forward  second   forward over reverse
    exp     ok       ok       ok       ok       ok
    argmax  ok       -        -        -        -
    2 ops, 10 cells: 6 ok, 0 zero, 4 -, 0 RED
    """
    result = Coverage()
    for op in tg.ops() if ops is None else ops:
        row = result.cells[str(op)] = dict.fromkeys(COLUMNS, ABSENT)
        for args, kwargs in op.samples():
            for column, check in CHECKS.items():
                call = _Call(op, args, kwargs)
                try:
                    found = check(call)
                except Exception as error:  # whatever an op raises is the content of its cell
                    found = RED
                    result.problems.setdefault(
                        (str(op), column), f"{type(error).__name__}: {error}"
                    )
                if row[column] == ABSENT or found == RED:
                    row[column] = found
    if show:
        print(result)
    return result


class _Disagreement(AssertionError):
    """Two ways to the same number that give different ones."""


def _agree(got: float, want: float, what: str, tolerance: float = 1e-5) -> None:
    if not abs(got - want) <= tolerance * max(1.0, abs(want)):
        raise _Disagreement(f"{what}: {got:.8g}, expected {want:.8g}")


def _quasi_random(like: Tensor, which: int) -> Tensor:
    """Fixed numbers in [-1, 1) that look random, another sequence for each `which`."""
    steps = tg.arange(like.numel(), dtype=tg.float64) + 1
    return ((steps * 0.754877666 + which * 0.569840291) % 1 * 2 - 1).reshape(like.shape)


def _in_real_parts(x: Tensor) -> Tensor:
    """Complex numbers as pairs of real ones."""
    return tg.view_as_real(x) if x.is_complex() else x


def _away_from_kinks(x: Tensor) -> Tensor:
    """Breaks ties and leaves zero, without growing: values keep to [0, 1] and [-1, 1]."""
    noise = (_quasi_random(x, 7) + 1) / 2 * 0.9 + 0.1
    moved: Tensor = tg.where(x.abs() < 1e-3, 1e-2 * noise, x * (1 - 1e-3 * noise))
    return moved


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (tuple, list)):
        for part in value:
            yield from _leaves(part)
    else:
        yield value


def _exchanged(value: Any, tensors: Iterator[Tensor]) -> Any:
    if isinstance(value, dict):
        return {key: _exchanged(part, tensors) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)([_exchanged(part, tensors) for part in value])
    return next(tensors) if isinstance(value, Tensor) else value


def _inner(first: Sequence[Tensor], second: Sequence[Tensor]) -> float:
    return sum(float((a * b).sum()) for a, b in zip(first, second, strict=True))


class _Call:
    """A sample as a function of its differentiable tensors."""

    def __init__(self, op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.op, self.args, self.kwargs = op, args, kwargs
        self.tensors = [one for one in _leaves((args, kwargs)) if isinstance(one, Tensor)]
        names = [parameter["name"] for parameter in op.parameters]
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        constant = [given.get(name) for name in CONSTANTS.get(str(op), ())]
        # The row of an embedding at padding_idx gets no gradient by definition.
        padded = str(op) == "embedding" and given.get("padding_idx") is not None
        self.places = [
            i
            for i, one in enumerate(self.tensors)
            if (one.dtype.is_floating_point or one.is_complex())
            and not any(one is other for other in constant)
            and not padded
        ]
        self.points = [
            _away_from_kinks(_in_real_parts(self.tensors[i].detach())) for i in self.places
        ]

    def on(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """The tensors of the result on other tensors; random ops draw the same numbers."""
        args, kwargs = _exchanged((self.args, self.kwargs), iter(tensors))
        tg.manual_seed(7)
        result = self.op.function(*args, **kwargs)
        return [one for one in _leaves(result) if isinstance(one, Tensor)]

    def outputs(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """The differentiable outputs at these points."""
        tensors = [one.detach().clone() for one in self.tensors]
        for place, one in zip(self.places, inputs, strict=True):
            tensors[place] = tg.view_as_complex(one) if self.tensors[place].is_complex() else one
        found = self.on(tensors)[: self.op.differentiable_outputs]
        parts = [_in_real_parts(one) for one in found]
        return tuple(one for one in parts if one.dtype.is_floating_point)

    def leaves(self, points: Sequence[Tensor] | None = None) -> list[Tensor]:
        """The points as tensors that require their gradient."""
        chosen = self.points if points is None else points
        return [point.detach().clone().requires_grad_() for point in chosen]

    def smooth(self) -> str | None:
        """ABSENT or ZERO where there is no derivative to check, None where there is one."""
        if not self.points or self.op.name in WITHOUT_SLOPE:
            return ABSENT
        with tg.no_grad():
            found = self.outputs(*self.points)
        if not found or not all(bool(tg.isfinite(one).all()) for one in found):
            return ABSENT
        return ZERO if self.op.derivative == "none" else None

    def gradients(self, inputs: Sequence[Tensor], create_graph: bool = False) -> list[Tensor]:
        """The gradients of the weighted sum of the outputs, zeros where there is none."""
        found = [(one, _quasi_random(one, i)) for i, one in enumerate(self.outputs(*inputs))]
        pairs = [(one, weight) for one, weight in found if one.requires_grad]
        if not pairs:
            return [tg.zeros_like(one) for one in inputs]
        return list(
            tg.autograd.grad(
                [one for one, _ in pairs],
                list(inputs),
                [weight for _, weight in pairs],
                create_graph=create_graph,
                materialize_grads=True,
            )
        )

    def directions(self, which: int) -> list[Tensor]:
        """One direction for each point."""
        return [_quasi_random(point, 10 * which + i) for i, point in enumerate(self.points)]

    def moved(self, directions: Sequence[Tensor], step: float) -> list[Tensor]:
        """The points some way along the directions."""
        return [p + step * d for p, d in zip(self.points, directions, strict=True)]


def _weighted(outputs: Sequence[Tensor]) -> Tensor:
    parts = [(one * _quasi_random(one, i)).sum() for i, one in enumerate(outputs)]
    return sum(parts[1:], parts[0])


def _value(call: _Call) -> str:
    copies = [one.detach().clone() for one in call.tensors]
    first = call.on(copies)
    if call.op.name in WITHOUT_VALUE:
        return ABSENT
    second = call.on([one.detach().clone() for one in call.tensors])
    for one, again in zip(first, second, strict=True):
        tg.testing.assert_close(one, again, rtol=0, atol=0, equal_nan=True)
    if call.op.view or call.op.name in ("view_as", "reshape", *BY_STRIDES):
        return OK  # what looks at memory needs it as it is
    strided = [_strided(one.detach()) for one in call.tensors]
    for one, other in zip(first, call.on(strided), strict=True):
        tg.testing.assert_close(other, one, rtol=1e-9, atol=1e-9, equal_nan=True)
    return OK


def _strided(x: Tensor) -> Tensor:
    """The same values, every second element of a buffer."""
    if x.dim() == 0:
        return x.clone()
    return tg.stack([x, x], -1).flatten(-2)[..., ::2]


def _reverse(call: _Call) -> str:
    if (absent := call.smooth()) is not None:
        return absent
    gradients = call.gradients(call.leaves())
    for which in range(3):
        directions = call.directions(which)
        with tg.no_grad():
            up, down = (
                float(_weighted(call.outputs(*call.moved(directions, step))))
                for step in (STEP, -STEP)
            )
        _agree(_inner(gradients, directions), (up - down) / (2 * STEP), "central differences")
    return OK


def _forward(call: _Call) -> str:
    if (absent := call.smooth()) is not None:
        return absent
    gradients, directions = call.gradients(call.leaves()), call.directions(1)
    outputs, tangents = tg.func.jvp(call.outputs, tuple(call.points), tuple(directions))
    weights = [_quasi_random(one, i) for i, one in enumerate(outputs)]
    _agree(_inner(weights, tangents), _inner(gradients, directions), "<u, J v>", 1e-9)
    return OK


def _second_gradients(call: _Call, cotangents: Sequence[Tensor]) -> list[Tensor]:
    inputs = call.leaves()
    first = call.gradients(inputs, create_graph=True)
    tracked = [(g, c) for g, c in zip(first, cotangents, strict=True) if g.requires_grad]
    if not tracked:
        return [tg.zeros_like(one) for one in inputs]
    return list(
        tg.autograd.grad(
            [g for g, _ in tracked], inputs, [c for _, c in tracked], materialize_grads=True
        )
    )


def _second(call: _Call) -> str:
    if (absent := call.smooth()) is not None:
        return absent
    cotangents, directions = call.directions(2), call.directions(3)
    up, down = (call.gradients(call.leaves(call.moved(directions, step))) for step in (STEP, -STEP))
    slope = (_inner(cotangents, up) - _inner(cotangents, down)) / (2 * STEP)
    second = _second_gradients(call, cotangents)
    _agree(_inner(second, directions), slope, "central differences of the gradient", 1e-4)
    return OK


def _forward_over_reverse(call: _Call) -> str:
    if (absent := call.smooth()) is not None:
        return absent
    cotangents, directions = call.directions(2), call.directions(3)
    second = _second_gradients(call, cotangents)
    gradient = tg.func.grad(
        lambda *inputs: _weighted(call.outputs(*inputs)), argnums=tuple(range(len(call.points)))
    )
    _, tangents = tg.func.jvp(gradient, tuple(call.points), tuple(directions))
    _agree(_inner(cotangents, tangents), _inner(second, directions), "reverse over reverse", 1e-8)
    return OK


CHECKS: dict[str, Callable[[_Call], str]] = dict(
    zip(COLUMNS, (_value, _reverse, _forward, _second, _forward_over_reverse), strict=True)
)
