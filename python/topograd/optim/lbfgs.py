"""LBFGS: a quasi-Newton method for losses without noise."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import topograd as tg
from topograd import _C
from topograd._C import Tensor
from topograd.optim.line_search import Point, strong_wolfe
from topograd.optim.optimizer import Optimizer, evaluate, expect_nonnegative, given

_HALVES = (tg.float16, tg.bfloat16)


class LBFGS(Optimizer):
    """w ← w + t d with d = -H ∇, where H estimates the inverse Hessian from the last steps.

    A step makes up to max_iter such iterations and evaluates the loss up to max_eval times (default
    max_iter * 5 // 4), so it needs a closure that forgets the gradients, computes the loss, runs
    backward and returns the loss.  t is lr (less at the very first iteration), or, with
    line_search_fn="strong_wolfe", found by a line search.  A step ends early when no element of the
    gradient is larger than tolerance_grad, or when the loss or every element of w changes by less
    than tolerance_change.  history_size: the number of pairs of vectors, as long as all parameters
    together, that H is made from.  All parameters are in one group; a parameter without a gradient
    has gradient 0; half-precision parameters are stepped in float32.

    The state is kept with the first parameter.  Raises ValueError for more than one group or
    a setting out of range.  Source: Liu and Nocedal, 1989.

    >>> import topograd as tg
    >>> w = tg.tensor([3.0, -2.0], requires_grad=True)
    >>> optimizer = tg.optim.LBFGS([w], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (tg.tensor([1.0, 10.0]) * (w - 1) ** 2).sum()
    ...     loss.backward()
    ...     return loss
    >>> optimizer.step(closure).item()
    94.0
    >>> [round(x, 3) for x in w.tolist()]
    [1.0, 1.0]
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        if max_eval is None:
            max_eval = max_iter * 5 // 4
        super().__init__(params, given(locals()))

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Takes the one group; raises ValueError for a second."""
        if self.param_groups:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        super().add_param_group(param_group)

    _essential = ("lr", "max_iter", "max_eval", "tolerance_grad", "tolerance_change")

    def _check_settings(self, group: dict[str, Any]) -> None:
        expect_nonnegative(group, ("lr", "learning rate"))
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise ValueError(
                "LBFGS: line_search_fn must be None or 'strong_wolfe', "
                f"got {group['line_search_fn']!r}"
            )
        if not group["history_size"] >= 1:
            raise ValueError(f"Invalid history_size: {group['history_size']}")

    def _checked_state(
        self, state: Any, by_number: dict[Any, Tensor], settings: list[dict[str, Any]]
    ) -> dict[Any, Any]:
        checked = super()._checked_state(state, by_number, settings)
        for number, parameter in by_number.items():
            if parameter.dtype not in _HALVES or not isinstance(checked.get(parameter), dict):
                continue
            for name in ("d", "prev_flat_grad"):  # as exact as they were saved
                if isinstance(state[number].get(name), Tensor):
                    checked[parameter][name] = state[number][name].detach().float().clone()
        return checked

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Moves the parameters; returns the first loss that `closure` computed.

        Raises TypeError without a closure.
        """
        if closure is None:
            raise TypeError("LBFGS.step: needs a closure that computes the loss and its gradients")
        with tg.no_grad():
            return self._step(closure)

    def _step(self, closure: Callable[[], Any]) -> Any:
        group = self.param_groups[0]
        state = self.state[group["params"][0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        original, loss, gradient = self._evaluate(closure)
        evaluations = 1
        state["func_evals"] += 1
        if _largest(gradient) <= group["tolerance_grad"]:
            return original
        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            direction = _next_direction(state, gradient, group["history_size"])
            slope = gradient.dot(direction).item()
            before = Point(0.0, loss, gradient, slope)
            t = float(group["lr"])
            if state["n_iter"] == 1:
                t *= min(1.0, 1.0 / gradient.abs().sum().item())
            state.update(d=direction, t=t, prev_flat_grad=gradient, prev_loss=loss)
            if slope > -group["tolerance_change"]:
                break
            last = iteration == group["max_iter"]
            remaining = group["max_eval"] - evaluations
            point, used = self._along(closure, before, t, direction, last, remaining)
            t, loss, gradient, _ = point
            state["t"] = t
            evaluations += used
            state["func_evals"] += used
            if (
                last
                or evaluations >= group["max_eval"]
                or _largest(gradient) <= group["tolerance_grad"]
                or abs(t) * _largest(direction) <= group["tolerance_change"]
                or abs(loss - before.loss) < group["tolerance_change"]
            ):
                break
        return original

    def _along(
        self,
        closure: Callable[[], Any],
        before: Point,
        t: float,
        direction: Tensor,
        last: bool,
        remaining: int,
    ) -> tuple[Point, int]:
        """Moves the parameters along a direction; where to, and the number of evaluations."""
        group = self.param_groups[0]
        start = self._flat(group["params"])

        def at(t: float) -> Point:
            self._move(start, direction, t)
            _, loss, gradient = self._evaluate(closure)
            return Point(t, loss, gradient, gradient.dot(direction).item())

        if group["line_search_fn"] is None:
            if not last:
                return at(t), 1
            # The loss of a last iteration would not be looked at.
            self._move(start, direction, t)
            return before._replace(t=t), 0
        point, used = strong_wolfe(
            at, before, t, _largest(direction), group["tolerance_change"], remaining
        )
        self._move(start, direction, point.t)
        return point, used

    def _evaluate(self, closure: Callable[[], Any]) -> tuple[Any, float, Tensor]:
        loss = evaluate(closure)
        params = self.param_groups[0]["params"]
        gradient = self._flat([tg.zeros_like(p) if p.grad is None else p.grad for p in params])
        return loss, float(loss), gradient

    @staticmethod
    def _flat(tensors: list[Tensor]) -> Tensor:
        """All elements as one new vector, real and at least float32."""
        flat = tg.cat([_real(x.detach()).reshape(-1) for x in tensors])
        return flat.float() if flat.dtype in _HALVES else flat

    def _move(self, start: Tensor, direction: Tensor, t: float) -> None:
        targets = [_real(p.detach()) for p in self.param_groups[0]["params"]]
        parts = start.add(direction, alpha=t).split([target.numel() for target in targets])
        for target, part in zip(targets, parts, strict=True):
            target.copy_(part.reshape(target.shape))


def _real(x: Tensor) -> Tensor:
    return tg.view_as_real(x) if x.is_complex() else x


def _largest(x: Tensor) -> float:
    return float(x.abs().max().item()) if x.numel() else 0.0


def _next_direction(state: dict[str, Any], gradient: Tensor, history_size: int) -> Tensor:
    """The direction from the present gradient; the last step is entered into the history first.

    PyTorch's names: "old_dirs" are changes of the gradient, "old_stps" steps, "ro" 1 / (step ·
    change).
    """
    if state["n_iter"] == 1 or state.get("prev_flat_grad") is None:
        state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1.0)
        return -gradient
    change = gradient - state["prev_flat_grad"]
    step = state["d"] * float(state["t"])
    curvature = change.dot(step).item()
    changes, steps, inverse = state["old_dirs"], state["old_stps"], state["ro"]
    if curvature > 1e-10:
        if len(changes) >= history_size:
            for history in (changes, steps, inverse):
                del history[0]
        changes.append(change)
        steps.append(step)
        inverse.append(1.0 / curvature)
        state["H_diag"] = curvature / change.dot(change).item()
    return _C.lbfgs_direction(
        gradient, steps, changes, [float(x) for x in inverse], float(state["H_diag"])
    )
