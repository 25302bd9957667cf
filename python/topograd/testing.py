"""Checks for derivatives and for closeness."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import topograd as tg
from topograd import _C
from topograd._C import Tensor

if TYPE_CHECKING:
    from topograd.graph.checking import GradientTable

__all__ = ["GradcheckError", "assert_close", "gradcheck", "gradgradcheck", "gradient_table"]


class GradcheckError(RuntimeError):
    """Derivatives that disagree: which mode, which input, where, and the numbers."""


# Relative and absolute tolerance by dtype.
_TOLERANCES = {
    _C.float16: (1e-3, 1e-5),
    _C.bfloat16: (1.6e-2, 1e-5),
    _C.float32: (1.3e-6, 1e-5),
    _C.float64: (1e-7, 1e-7),
    _C.complex64: (1.3e-6, 1e-5),
    _C.complex128: (1e-7, 1e-7),
}


def assert_close(
    actual: Any,
    expected: Any,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_dtype: bool = True,
    msg: str | None = None,
) -> None:
    """Raises AssertionError unless |actual - expected| <= atol + rtol * |expected| everywhere.

    Tolerances default by dtype: float32 1.3e-6 and 1e-5, float64 1e-7 and 1e-7, halves 1e-3
    (bfloat16 1.6e-2) and 1e-5, others exact.

    >>> import topograd as tg
    >>> tg.testing.assert_close(tg.ones(2), tg.ones(2) + 1e-7)
    """
    if isinstance(actual, (tuple, list)):
        if len(actual) != len(expected):
            raise AssertionError(msg or f"lengths differ: {len(actual)} and {len(expected)}")
        for one, other in zip(actual, expected, strict=True):
            assert_close(
                one,
                other,
                rtol=rtol,
                atol=atol,
                equal_nan=equal_nan,
                check_dtype=check_dtype,
                msg=msg,
            )
        return
    a, b = tg.as_tensor(actual), tg.as_tensor(expected)
    if a.shape != b.shape:
        raise AssertionError(msg or f"shapes differ: {tuple(a.shape)} and {tuple(b.shape)}")
    if (
        check_dtype
        and isinstance(actual, Tensor)
        and isinstance(expected, Tensor)
        and a.dtype != b.dtype
    ):
        raise AssertionError(msg or f"dtypes differ: {a.dtype} and {b.dtype}")
    relative, absolute = max(
        (_TOLERANCES.get(one.dtype, (0.0, 0.0)) for one in (a, b)), key=lambda pair: pair[0]
    )
    relative = relative if rtol is None else rtol
    absolute = absolute if atol is None else atol
    either = a.is_complex() or b.is_complex()
    wide = _C.complex128 if either else _C.float64
    wide_a, wide_b = a.detach().to(wide), b.detach().to(wide)
    near = tg.isclose(wide_a, wide_b, relative, absolute, equal_nan)
    if bool(near.all()):
        return
    raise AssertionError(msg or _difference(wide_a, wide_b, near, absolute, relative))


def assert_allclose(
    actual: Any,
    expected: Any,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = True,
    msg: str = "",
) -> None:
    """`assert_close` under its old name; dtypes may differ, and NaN equals NaN.

    >>> import topograd as tg
    >>> tg.testing.assert_allclose(tg.ones(1), [1.0])
    """
    pair = [tg.as_tensor(one) for one in (actual, expected)]
    assert_close(
        *pair, rtol=rtol, atol=atol, equal_nan=equal_nan, check_dtype=False, msg=msg or None
    )


def _difference(a: Tensor, b: Tensor, near: Tensor, atol: float, rtol: float) -> str:
    """How many elements differ, where most, and by what."""
    error = tg.where(near | tg.isnan(a - b), 0.0, (a - b).abs())
    worst = int(error.argmax())
    return (
        f"{int((~near).sum())} of {a.numel()} elements differ, most at {_position(worst, a)}: "
        f"{a.flatten()[worst].item()} and {b.flatten()[worst].item()} "
        f"(allowed: {atol} + {rtol} * |expected|)"
    )


def _position(flat: int, like: Tensor) -> tuple[int, ...]:
    position = []
    for size in reversed(like.shape):
        position.append(flat % size)
        flat //= size
    return tuple(reversed(position))


def _outputs(result: Any) -> list[Tensor]:
    """The differentiable tensors among the outputs, complex ones as pairs of real numbers."""
    listed = list(result) if isinstance(result, (tuple, list)) else [result]
    tensors = [one for one in listed if isinstance(one, Tensor)]
    pairs = [tg.view_as_real(one) if one.is_complex() else one for one in tensors]
    return [one for one in pairs if one.dtype.is_floating_point]


def _in_real_parts(
    func: Callable[..., Any], given: Sequence[Any]
) -> tuple[Callable[..., Any], list[Any]]:
    """The function of the same inputs with complex tensors given as pairs of real numbers."""
    complex_places = {i for i, one in enumerate(given) if _is_complex(one)}

    def of_pairs(*args: Any) -> Any:
        return func(
            *(
                tg.view_as_complex(one.contiguous()) if i in complex_places else one
                for i, one in enumerate(args)
            )
        )

    pairs = [
        tg.view_as_real(one.detach()).clone().requires_grad_(one.requires_grad)
        if i in complex_places
        else one
        for i, one in enumerate(given)
    ]
    return (of_pairs, pairs) if complex_places else (func, list(given))


def _is_complex(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_complex()


def _numeric(
    function: Callable[..., Any], inputs: Sequence[Any], which: int, eps: float
) -> list[list[list[float]]]:
    """Per output and element of the input, the column of the Jacobian by central differences."""
    columns: list[list[list[float]]] = []
    base = inputs[which].detach()
    for position in range(base.numel()):
        shifted = []
        for step in (eps, -eps):
            moved = base.clone().contiguous()
            flat = moved.view(-1)
            flat[position] = flat[position] + step
            changed = [one.detach() if isinstance(one, Tensor) else one for one in inputs]
            changed[which] = moved
            with tg.no_grad():
                shifted.append([one.double().flatten() for one in _outputs(function(*changed))])
        columns.append(
            [((up - down) / (2 * eps)).tolist() for up, down in zip(*shifted, strict=True)]
        )
    return columns


def _compare(
    what: str,
    got: Tensor,
    want: Tensor,
    which: int,
    output: int,
    atol: float,
    rtol: float,
    shape: Tensor,
) -> None:
    near = tg.isclose(got, want, rtol, atol, True)
    if bool(near.all()):
        return
    error = tg.where(near, 0.0, (got - want).abs())
    worst = _position(int(error.argmax()), got)
    raise GradcheckError(
        f"{what} disagrees with central differences: output {output}, element {worst[0]}, input "
        f"{which}, "
        f"element {_position(worst[1], shape)}: {got[worst].item():.8g}, expected "
        f"{want[worst].item():.8g} "
        f"(largest of {int((~near).sum())} disagreements)"
    )


def gradcheck(
    func: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = True,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
    table: bool = False,
) -> bool:
    """Compares central differences with reverse and forward mode.

    The derivative by central differences is (f(x + eps) - f(x - eps)) / (2 eps).

    inputs: those that require grad are checked, in float64: where func can compute in it,
    float32 and halves are converted (PyTorch warns and fails).  Every element of the Jacobians is
    compared; complex numbers count as pairs of real ones.  table: print `gradient_table` too.
    check_forward_ad: default True (PyTorch's is False).  nondet_tol, check_undefined_grad,
    check_grad_dtypes, fast_mode, masked: accepted; every element is compared whatever they are.
    Returns True, or raises GradcheckError that names the mode, the input, the element, both numbers
    and, in a table node by node, the op and line whose rule is wrong (returns False with
    raise_exception=False).  Raises NotImplementedError for the batched checks.

    >>> import topograd as tg
    >>> x = tg.tensor([0.3, 0.7], dtype=tg.float64, requires_grad=True)
    >>> tg.testing.gradcheck(lambda x: (x.sin() * x).sum(), x)
    True
    """
    if check_batched_grad or check_batched_forward_grad:
        raise NotImplementedError("gradcheck: there is no vmap, so nothing batched to check")
    func, given = _in_real_parts(func, [inputs] if isinstance(inputs, Tensor) else list(inputs))
    checked = [i for i, one in enumerate(given) if isinstance(one, Tensor) and one.requires_grad]
    if not checked:
        raise ValueError("gradcheck: no input requires grad")
    given = _in_double(func, given)
    _warn_of_single(given, checked)
    try:
        for which in checked:
            _check_input(func, given, which, eps, atol, rtol, check_forward_ad, check_backward_ad)
    except GradcheckError as error:
        found = _table_or_reason(func, given, eps, atol, rtol)
        if table:
            print(found)
        if raise_exception:
            raise GradcheckError(f"{error}\n\n{found}") from None
        return False
    if table:
        print(gradient_table(func, given, eps=eps, atol=atol, rtol=rtol))
    return True


def _in_double(func: Callable[..., Any], given: list[Any]) -> list[Any]:
    """The inputs in float64 if func computes with those, else as they are."""
    if all(one.dtype in (_C.float64, _C.complex128) for one in given if _is_float(one)):
        return given
    wide = [
        one.detach().double().requires_grad_(one.requires_grad) if _is_float(one) else one
        for one in given
    ]
    try:
        with tg.no_grad():
            func(*(one.detach() if isinstance(one, Tensor) else one for one in wide))
    except (RuntimeError, TypeError, ValueError):
        return given  # it mixes them with tensors of its own; the warning tells the dtype
    return wide


def _warn_of_single(given: list[Any], checked: list[int]) -> None:
    for i in checked:
        if given[i].dtype != _C.float64:
            warnings.warn(
                f"gradcheck: input {i} has dtype {given[i].dtype}; central differences need "
                f"float64 (double)",
                stacklevel=3,
            )


def _is_float(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point()


def _table_or_reason(
    func: Callable[..., Any], given: list[Any], eps: float, atol: float, rtol: float
) -> str:
    try:
        return str(gradient_table(func, given, eps=eps, atol=atol, rtol=rtol))
    except (RuntimeError, TypeError, ValueError) as problem:
        return f"(no table node by node: {problem})"


def gradient_table(
    func: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    elements: int = 16,
) -> GradientTable:
    """Derivatives node by node: analytic beside numeric beside forward mode, at the worst element.

    func(*inputs) is recorded once, in float64, and the derivative of its result with respect to
    every node is compared with central differences of the recorded graph; a result of several
    elements counts as a sum with fixed weights.  Every call's own rule is checked too, so that
    `wrong_rules` names the op and line to blame.  elements: how many of a node are compared one by
    one; larger ones all together besides.  In graphs of more than 100 inner nodes, evenly chosen
    ones get a row; rules are checked for all.  inputs: those that require grad get the first rows.
    Returns a GradientTable that prints; its bool() is the verdict.  Raises ValueError when the
    result depends on no input that requires grad.

    >>> import topograd as tg
    >>> x = tg.tensor([0.5, 2.0], requires_grad=True)
    >>> table = tg.testing.gradient_table(lambda x: x.sin() * x, x)
    >>> table.ok, [row.op for row in table.rows]
    (True, ['leaf', 'sin', 'mul'])
    """
    from topograd.graph.checking import in_double, recorded_table
    from topograd.graph.comparing import Tolerance

    func, given = _in_real_parts(func, [inputs] if isinstance(inputs, Tensor) else list(inputs))
    fresh = [
        one.detach().double().clone().requires_grad_(one.requires_grad) if _is_float(one) else one
        for one in given
    ]
    names = _argument_names(func, len(fresh))
    checked = {names[i]: one for i, one in enumerate(fresh) if _is_float(one) and one.requires_grad}
    if not checked:
        raise ValueError("gradient_table: no input requires grad")
    with in_double():
        return recorded_table(
            lambda: _outputs(func(*fresh)), checked, Tolerance(eps, atol, rtol), elements
        )


def _argument_names(func: Callable[..., Any], count: int) -> list[str]:
    """The names of the parameters where they can be known, else 'input 0' and so on."""
    import inspect

    try:
        parameters = list(inspect.signature(func).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    plain = [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]
    if len(plain) >= count and all(one.kind is not one.VAR_POSITIONAL for one in parameters):
        return plain[:count]
    return [f"input {i}" for i in range(count)]


def _check_input(
    func: Callable[..., Any],
    given: list[Any],
    which: int,
    eps: float,
    atol: float,
    rtol: float,
    forward: bool,
    backward: bool,
) -> None:
    numeric = _numeric(func, given, which, eps)
    x = given[which].detach()

    def of_one(value: Tensor) -> tuple[Tensor, ...]:
        changed = [one.detach() if isinstance(one, Tensor) else one for one in given]
        changed[which] = value
        return tuple(_outputs(func(*changed)))

    values, pull = tg.func.vjp(of_one, x)
    for output, value in enumerate(values):
        if value.numel() == 0 or x.numel() == 0:
            continue
        want = tg.tensor([column[output] for column in numeric], dtype=_C.float64).T
        if backward:
            rows = []
            for element in range(value.numel()):
                seeds = [tg.zeros(one.shape, dtype=one.dtype) for one in values]
                seeds[output].view(-1)[element] = 1
                (row,) = pull(tuple(seeds))
                rows.append(row.detach().double().flatten())
            _compare("reverse mode", tg.stack(rows), want, which, output, atol, rtol, x)
        if forward and (columns := _forward_columns(of_one, x, output)) is not None:
            _compare("forward mode", columns, want, which, output, atol, rtol, x)


def _forward_columns(function: Callable[..., Any], x: Tensor, output: int) -> Tensor | None:
    """The Jacobian by forward mode; None when a user's Function defines no jvp."""
    columns = []
    for element in range(x.numel()):
        direction = tg.zeros(x.shape, dtype=x.dtype)
        direction.view(-1)[element] = 1
        try:
            _, tangent = tg.func.jvp(function, (x,), (direction,))
        except NotImplementedError:
            return None
        columns.append(tangent[output].detach().double().flatten())
    return tg.stack(columns, 1)


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    grad_outputs: Sequence[Tensor] | None = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    """Gradcheck of the gradient: second derivatives in both modes.

    grad_outputs: the seeds (default: fixed numbers between -1 and 1).

    >>> import topograd as tg
    >>> x = tg.tensor([0.3, 0.7], dtype=tg.float64, requires_grad=True)
    >>> tg.testing.gradgradcheck(lambda x: x.tanh(), x)
    True
    """
    func, given = _in_real_parts(func, [inputs] if isinstance(inputs, Tensor) else list(inputs))
    checked = [i for i, one in enumerate(given) if isinstance(one, Tensor) and one.requires_grad]
    with tg.no_grad():
        plain = _outputs(func(*(one.detach() if isinstance(one, Tensor) else one for one in given)))
    seeds = grad_outputs or [
        ((tg.arange(one.numel(), dtype=one.dtype) * 0.754877666) % 1 * 2 - 1).view(one.shape)
        for one in plain
    ]

    def gradient(*args: Any) -> tuple[Tensor, ...]:
        full = list(given)
        for i, one in zip(checked, args, strict=True):
            full[i] = one if one.requires_grad else one.detach().requires_grad_()
        with tg.enable_grad():
            outputs = _outputs(func(*full))
            pairs = [(o, s) for o, s in zip(outputs, seeds, strict=True) if o.requires_grad]
            return tg.autograd.grad(
                [o for o, _ in pairs],
                [full[i] for i in checked],
                [s for _, s in pairs],
                create_graph=True,
                materialize_grads=True,
            )

    return gradcheck(
        gradient,
        [given[i] for i in checked],
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
    )
