"""The hunter of values that are not finite: what stops it, what does not, and what it tells."""

from __future__ import annotations

import copy
import inspect
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import topograd as tg
from topograd import _C, nn

INF, NAN = float("inf"), float("nan")


def caught(function: Any, **options: bool) -> Any:
    """Return the error that the guard raises."""
    with pytest.raises(tg.NonFiniteError) as found, tg.nan_guard(**options):
        function()
    return found.value


def line_of(text: str) -> int:
    """Return the number of the line of this file that has the text, and is not this call."""
    lines = inspect.getsource(inspect.getmodule(line_of)).splitlines()  # type: ignore[arg-type]
    (found,) = [i for i, line in enumerate(lines, 1) if text in line and "line_of" not in line]
    return found


# ---------------------------------------------------------------- the kernel


@pytest.mark.parametrize(
    "dtype", ["float32", "float64", "float16", "bfloat16", "complex64", "complex128"]
)
@pytest.mark.parametrize("count", [0, 1, 7, 31, 33, 4096, 4097, 600_001])
def test_all_finite_finds_one_bad_value_anywhere(dtype: str, count: int) -> None:
    x = tg.full((count,), 3.0, dtype=getattr(tg, dtype))
    assert _C.all_finite(x)
    assert _C.not_finite(x) == (0, 0, 0)
    if count == 0:
        return
    for place in {0, count // 2, count - 1}:
        for bad, counts in ((NAN, (1, 0, 0)), (INF, (0, 1, 0)), (-INF, (0, 0, 1))):
            y = x.clone()
            y[place] = bad
            assert not _C.all_finite(y)
            assert _C.not_finite(y) == counts


@given(st.lists(st.floats(width=32), max_size=70), st.integers(1, 3))
def test_all_finite_agrees_with_numpy(values: list[float], step: int) -> None:
    array = np.array(values, dtype=np.float32)
    x = tg.from_numpy(array)[::step]
    assert _C.all_finite(x) == bool(np.isfinite(array[::step]).all())
    nan, positive, negative = _C.not_finite(x)
    assert nan == np.isnan(array[::step]).sum()
    assert positive == np.isposinf(array[::step]).sum()
    assert negative == np.isneginf(array[::step]).sum()


def test_all_finite_reads_only_the_elements_of_a_view() -> None:
    x = tg.ones(6, 6)
    x[0, 0] = NAN
    assert _C.all_finite(x[1:, ::2])
    assert _C.all_finite(x.t()[1:])
    assert not _C.all_finite(x.t())
    assert not _C.all_finite(x.expand(3, 6, 6))
    assert _C.all_finite(tg.tensor([2**62, -1]))
    greatest = tg.tensor([np.finfo(np.float32).max, np.finfo(np.float32).tiny / 2])
    assert _C.all_finite(greatest)
    assert not _C.all_finite(tg.complex(tg.ones(2), tg.tensor([0.0, INF])))


# ---------------------------------------------------------------- what stops it


def test_log_of_zero_stops_with_line_range_and_path() -> None:
    x = tg.tensor([0.0, 1.0, 2.0], requires_grad=True)
    x.name = "x"
    scaled = x * 2
    error = caught(lambda: scaled.log())  # the guilty line
    assert isinstance(error, RuntimeError)
    assert (error.op, error.phase) == ("log", "forward")
    assert f"test_nan_guard.py:{line_of('# the guilty line')} in" in error.where
    (source,) = error.inputs
    assert (source.name, source.low, source.high, source.finite) == ("input", 0.0, 4.0, 1.0)
    (result,) = error.results
    assert (result.low, result.high) == pytest.approx((np.log(2), np.log(4)))
    assert (result.nan, result.inf) == (0, 1)
    assert result.finite == pytest.approx(2 / 3)
    assert error.path[0] == "x"
    assert error.path[1].startswith("mul (test_nan_guard.py:")
    assert error.path[-1] == "log"
    assert "input: (3,) float32, min 0, max 4, 100 % finite" in str(error)


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x / 0,
        lambda x: (x * 1e30) * 1e30,
        lambda x: (x * 200).exp(),
        lambda x: (-x).sqrt(),
        lambda x: (x - x) / (x - x),
        lambda x: x.double().mul(1e300).mul(1e300),
        lambda x: (x.half() * 300) * 300,
        lambda x: x.clone().mul_(1e30).mul_(1e30),
        lambda x: tg.mul(x.detach(), 1e38, out=tg.empty(2)).mul(1e38),
        lambda x: nn.functional.normalize(x * 0, dim=0, eps=0.0),
    ],
)
def test_what_arithmetic_makes_of_finite_numbers_stops(make: Any) -> None:
    x = tg.tensor([1.0, 2.0])
    caught(lambda: make(x))
    caught(lambda: make(x.clone().requires_grad_()))
    make(x)  # without a guard nothing happens


def test_infinities_that_are_meant_may_travel() -> None:
    scores = tg.randn(2, 4, 4, requires_grad=True)
    causal = tg.ones(4, 4, dtype=tg.bool).triu(1)
    added = tg.full((4, 4), -INF).triu(1)
    with tg.nan_guard():
        for masked in (
            scores.masked_fill(causal, -INF),
            tg.where(causal, -INF, scores),
            scores + added,
            scores.clone().masked_fill_(causal, -INF).mul_(2).add_(1),
            tg.cat([scores, tg.full((2, 1, 4), -INF)], 1)[:, :4] + added,
        ):
            masked.softmax(-1).square().sum().backward()
        nn.functional.scaled_dot_product_attention(
            tg.randn(1, 2, 4, 8), tg.randn(1, 2, 4, 8), tg.randn(1, 2, 4, 8), attn_mask=added
        )
        tg.logsumexp(tg.tensor([[-INF, 0.0], [1.0, 2.0]]), 1)
        tg.tensor([1.0, 2.0]).clamp(max=INF)
        tg.linalg.norm(tg.ones(3), INF)
        tg.ones(2).masked_fill(tg.tensor([True, False]), NAN)


def test_infinities_that_meet_stop() -> None:
    x = tg.tensor([INF, 1.0])
    error = caught(lambda: x - x)
    assert "infinities of input and other met" in str(error)
    whole = tg.full((1, 3), -INF)
    assert caught(lambda: whole.softmax(-1)).results[0].nan == 3


def test_an_infinite_parameter_stops_and_is_named() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    with tg.no_grad():
        net[1].weight[0, 0] = INF
    error = caught(lambda: net(tg.ones(1, 2)))
    assert error.module == "Sequential.1"
    assert error.path[0] in ("Sequential.1.weight", "Sequential.0.weight", "Sequential.1.bias")
    assert error.inputs[1].inf == 1


def test_nan_in_the_data_is_told_as_such() -> None:
    data = tg.tensor([NAN, 1.0])
    error = caught(lambda: data * 2)
    assert "input held nan already" in str(error)
    assert error.path == []
    with tg.nan_guard():
        assert data.nan_to_num(0.0).tolist() == [0.0, 1.0]
        assert data.nansum().item() == 1
        data[1:].mul(2)


def test_without_inf_only_nan_stops_and_selected_branches_are_fine() -> None:
    x = tg.tensor([0.0, 2.0], requires_grad=True)
    with tg.nan_guard(inf=False):
        tg.where(x > 0, x.log(), 0.0).sum().backward()
        (x * 1e38 * 1e38).sum()
    assert x.grad is not None
    assert x.grad.tolist() == [0.0, 0.5]
    assert caught(lambda: tg.where(x > 0, x.log(), 0.0)).op == "log"
    assert caught(lambda: (x - 1).log(), inf=False).results[0].nan == 1


def test_what_is_inside_of_an_op_does_not_stop() -> None:
    with tg.nan_guard():
        x = tg.randn(4, 3, requires_grad=True)
        loss = nn.functional.cross_entropy(x, tg.tensor([0, -100, 2, 1]))
        loss = loss + nn.functional.max_pool1d(x[None], 2, padding=1).sum()
        loss = loss + nn.functional.binary_cross_entropy(x.sigmoid() * 0, tg.zeros(4, 3))
        loss.backward()


# ---------------------------------------------------------------- backward


def test_the_rule_that_makes_the_first_bad_gradient_is_named() -> None:
    w = tg.tensor([0.0, 4.0], requires_grad=True)
    w.name = "w"
    root = (w * 1).sqrt()
    loss = (root * 3).sum()
    error = caught(lambda: loss.backward())
    assert (error.op, error.phase) == ("sqrt", "backward")
    assert "returned inf values in its 0th output" in str(error)
    assert [one.high for one in error.incoming] == [3.0]
    assert error.results[0].inf == 1
    assert error.path[0] == "w"
    assert "test_nan_guard.py" in error.where


def test_a_bad_seed_is_told_as_such() -> None:
    w = tg.ones(2, requires_grad=True)
    error = caught(lambda: (w * 2).backward(tg.tensor([NAN, 1.0])))
    assert "gradient that came in was not finite" in str(error)


def test_forward_and_backward_are_options() -> None:
    w = tg.tensor([0.0], requires_grad=True)
    with tg.nan_guard(backward=False):
        w.sqrt().sum().backward()
    with tg.nan_guard(forward=False):
        w.log()
    with pytest.raises(tg.NonFiniteError), tg.nan_guard(forward=False):
        w.log().sum().backward()


def test_a_users_function_is_named() -> None:
    class Spoiled(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: tg.Tensor) -> tg.Tensor:
            return x * 2

        @staticmethod
        def backward(ctx: Any, gradient: tg.Tensor) -> tg.Tensor:
            return gradient * NAN

    w = tg.ones(2, requires_grad=True)
    error = caught(lambda: Spoiled.apply(w).sum().backward())
    assert (error.op, error.phase) == ("Spoiled", "backward")


def test_gradients_by_grad_and_with_create_graph_are_looked_at() -> None:
    x = tg.tensor([0.0], requires_grad=True)
    assert caught(lambda: tg.autograd.grad(x.sqrt().sum(), x)).op == "sqrt"
    assert caught(lambda: tg.autograd.grad(x.sqrt().sum(), x, create_graph=True)).op == "sqrt"


def test_large_work_without_the_interpreters_lock_raises_too() -> None:
    x = tg.zeros(300, 300, requires_grad=True)
    error = caught(lambda: x.log())
    assert error.results[0].inf == 90_000
    assert "test_nan_guard.py" in error.where
    y = x.sqrt().sum()
    assert caught(lambda: y.backward()).op == "sqrt"


# ---------------------------------------------------------------- switching


def test_context_decorator_and_switch() -> None:
    @tg.nan_guard()
    def work(x: tg.Tensor) -> tg.Tensor:
        return x.log()

    for _ in range(2):
        with pytest.raises(tg.NonFiniteError):
            work(tg.zeros(1))
    tg.zeros(1).log()
    tg.set_nan_guard(True)
    try:
        with pytest.raises(tg.NonFiniteError):
            tg.zeros(1).log()
        tg.set_nan_guard(True, inf=False)
        tg.zeros(1).log()
    finally:
        tg.set_nan_guard(False)
    tg.zeros(1).log()
    tg.set_nan_guard(False)


def test_guards_nest_and_can_be_used_again() -> None:
    guard = tg.nan_guard(inf=False)
    with guard, guard, tg.nan_guard(), pytest.raises(tg.NonFiniteError):
        tg.zeros(1).log()
    with guard:
        tg.zeros(1).log()
    many = [tg.nan_guard() for _ in range(8)]
    for one in many[:4]:
        one.start()
    with pytest.raises(RuntimeError, match="4 watch this thread already"):
        many[4].start()
    for one in reversed(many):
        one.stop()
    tg.zeros(1).log()


def test_a_guard_ends_in_any_order_and_where_it_is_forgotten() -> None:
    first, second = tg.nan_guard(), tg.nan_guard()
    first.start()
    second.start()
    first.stop()
    with pytest.raises(tg.NonFiniteError):
        tg.zeros(1).log()
    del second
    tg.zeros(1).log()


def test_a_guard_is_that_of_its_thread() -> None:
    found: list[Any] = []
    guard = tg.nan_guard()

    def other() -> None:
        found.append(tg.zeros(1).log().item())
        try:
            guard.stop()
        except RuntimeError as error:
            found.append(str(error))

    with guard:
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert found[0] == -INF
    assert "another thread" in found[1]
    tg.zeros(1).log()


def test_ending_a_guard_inside_of_a_module_is_safe() -> None:
    class Ends(nn.Module):
        def forward(self, x: tg.Tensor) -> tg.Tensor:
            guard.stop()
            return x.log()

    guard = tg.nan_guard()
    guard.start()
    assert Ends()(tg.zeros(1)).item() == -INF


def test_ops_written_in_other_ops_are_looked_at_in_every_form() -> None:
    names = {record["name"] for record in _C.ops() if record["derivative"] == "composite"}
    assert {"addmm", "mm"} <= names
    big = tg.full((2, 2), 1e30)
    assert caught(lambda: tg.mm(big, big)).op == "matmul"
    assert caught(lambda: tg.mm(big, big, out=tg.empty(2, 2))).op == "matmul"
    assert caught(lambda: tg.zeros(2, 2).addmm_(big, big)).phase == "forward"
    assert caught(lambda: tg.exp(big, out=tg.empty(2, 2))).op == "exp"


def test_numbers_that_are_written_as_such_do_not_stop() -> None:
    with tg.nan_guard():
        tg.full((2,), INF)
        tg.tensor([NAN, INF])
        tg.empty(3).fill_(-INF)
        tg.zeros(3).index_fill(0, tg.tensor([1]), INF)
        x = tg.zeros(3)
        x[0] = -INF
        tg.nn.functional.pad(x, (1, 1), value=-INF)


def test_autocast_is_looked_at_too() -> None:
    x = tg.full((2, 2), 1e30)
    with tg.autocast("cpu", dtype=tg.bfloat16):
        assert caught(lambda: x @ x).op == "matmul"


def test_nan_that_is_only_moved_does_not_stop_until_it_is_computed_with() -> None:
    data = tg.tensor([[NAN, 1.0], [2.0, 3.0]], requires_grad=True)
    with tg.nan_guard():
        repr(data)
        copy.deepcopy(data.detach())
        data.double()
        data[data.isfinite()]
        data.index_select(0, tg.tensor([0, 1]))
        tg.cat([data, data]).flip(0)
        tg.zeros(2, 2).copy_(data.detach()).masked_fill_(data.isnan(), 0.0)
        chosen = tg.where(data.isnan(), 0.0, data)
        assert chosen.sum().item() == 6
    assert caught(lambda: tg.cat([data, data]) + 1).op == "add"
    assert caught(lambda: (data.double() * 1e308 * 1e308).float()).op == "mul"
    assert caught(lambda: tg.full((1,), 1e300, dtype=tg.float64).float()).op == "cast"


def test_the_ops_of_a_users_rule_are_looked_at() -> None:
    class Spoiled(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: tg.Tensor) -> tg.Tensor:
            return x * 2

        @staticmethod
        def backward(ctx: Any, gradient: tg.Tensor) -> tg.Tensor:
            return (gradient - 5).log()

    w = tg.ones(2, requires_grad=True)
    error = caught(lambda: Spoiled.apply(w).sum().backward())
    assert (error.op, error.phase) == ("log", "forward")
    assert "in backward" in error.where


def test_switching_in_a_hook_holds_afterwards() -> None:
    def pass_with(hook: Any) -> None:
        class Calls(tg.autograd.Function):
            @staticmethod
            def forward(ctx: Any, x: tg.Tensor) -> tg.Tensor:
                return x * 1

            @staticmethod
            def backward(ctx: Any, gradient: tg.Tensor) -> tg.Tensor:
                hook()
                return gradient

        w = tg.ones(2, requires_grad=True)
        h = Calls.apply(w)
        h.register_hook(lambda g: hook())
        h.sum().backward()

    guard = tg.nan_guard()
    pass_with(guard.start)
    with pytest.raises(tg.NonFiniteError):
        tg.zeros(1).log()
    pass_with(guard.stop)
    tg.zeros(1).log()
    guard.start()
    outer = tg.nan_guard(inf=False)
    with outer:
        pass_with(guard.stop)
        tg.zeros(1).log()
        assert caught(lambda: tg.zeros(1) / 0 * 0).phase == "forward"
    tg.zeros(1).log()


def test_a_long_path_is_told_by_its_ends() -> None:
    w = tg.ones(1, requires_grad=True)
    w.name = "w"
    x = w
    for _ in range(20_000):
        x = x * 1.0
    error = caught(lambda: (x - 1).log())
    assert len(error.path) == 18
    assert error.path[0] == "w"
    assert error.path[8] == "… 19,986 ops …"
    assert error.path[-1] == "log"


def test_a_handler_that_is_none_and_names_that_are_no_text_are_refused() -> None:
    with pytest.raises(TypeError):
        _C.FiniteGuard(None, True, True, True)  # type: ignore[arg-type]
    for kind in (_C.FiniteGuard, _C.Profile, _C.ProfileBlock):
        with pytest.raises(TypeError):
            kind.__new__(kind).stop() if kind is not _C.ProfileBlock else kind.__new__(kind).end()
    with tg.profile() as p, pytest.raises((UnicodeError, TypeError)):
        tg.profiler.record_function("\ud800").__enter__()
    with pytest.raises(IndexError):
        _C.Profile(False, False, 1).shapes(0)
    assert p.events == []
