"""What an exported model does at sizes and on values that it was not recorded with."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import topograd as tg
from onnx_running import check, run, session_of
from topograd import nn
from topograd.onnx import OnnxExporterError, UnsupportedOperatorError

FREE = {"x": {0: "n"}}


# ---------------------------------------------------------------- branches


def below(bound: int) -> Callable[[Any], Any]:
    """Return a program that does another thing from a batch size on."""

    def program(x: Any) -> Any:
        if x.shape[0] < bound:
            return x + 1
        return x * 2

    return program


@pytest.mark.parametrize("bound", [2, 3, 6, 10, 50, 100, 900])
def test_a_branch_on_the_batch_is_refused_with_both_lines(bound: int) -> None:
    program = below(bound)
    line = program.__code__.co_firstlineno
    with pytest.raises(OnnxExporterError, match="takes another way") as caught:
        tg.onnx.export(program, tg.randn(4, 3), dynamic_axes=FREE)
    for k in (2, 3):
        assert f"test_onnx_sizes.py:{line + k} in program" in str(caught.value)
    with pytest.warns(UserWarning, match=r"is fixed.*takes another way"):
        exported = tg.onnx.export(program, tg.randn(4, 3))
    assert exported.graph.input[0].type.tensor_type.shape.dim[0].dim_value == 4


def test_a_shape_that_is_another_for_one_row_is_refused() -> None:
    with pytest.raises(OnnxExporterError, match=r"squeeze at .*\(n=1\)"):
        tg.onnx.export(lambda x: x[:, :1].squeeze(), tg.randn(4, 3), dynamic_axes=FREE)


def test_another_way_to_the_same_values_is_taken() -> None:
    # A single row is repeated as a view, several are copied.
    check(lambda x: x.repeat(2, 1), lambda n: (tg.randn(n, 3),), batches=(3, 1, 2, 8))
    check(
        lambda x: x.transpose(0, 1).reshape(-1) if x.shape[0] > 1 else x.flatten(),
        lambda n: (tg.randn(n, 3),),
        batches=(3, 1, 2, 8),
    )


def test_sizes_that_a_model_refuses_tell_nothing() -> None:
    def program(x: Any) -> Any:
        if not 2 <= x.shape[0] <= 12:
            raise ValueError("2 to 12 rows")
        return x * 2

    exported = tg.onnx.export(program, tg.randn(4, 3), dynamic_axes=FREE)
    x = tg.randn(9, 3)
    np.testing.assert_allclose(run(session_of(exported), [x])[0], (x * 2).numpy())


# ---------------------------------------------------------------- counts of values


@pytest.mark.parametrize("free", [True, False])
def test_a_count_of_values_is_never_taken_for_a_size(free: bool) -> None:
    def program(x: Any) -> Any:
        return x.sum(0) * int((x[:, 0] > 0).sum())

    for seed in range(12):
        tg.manual_seed(seed)
        x = tg.randn(4, 3) if seed else tg.rand(4, 3) + 0.1  # of which all are counted
        with pytest.raises(UnsupportedOperatorError, match=r"mul at .*does not follow"):
            tg.onnx.export(program, x, dynamic_axes=FREE if free else {})
        with pytest.raises(UnsupportedOperatorError, match=r"mul at .*does not follow"):
            tg.onnx.export(program, x)


def test_a_count_of_integers_and_of_truths_neither() -> None:
    def rows(x: Any) -> Any:
        return tg.ones(3, 2)[: int((x != 0).sum())] * x.sum()

    for x in (tg.tensor([5, 7, 3]), tg.tensor([True, True, True])):
        with pytest.raises((UnsupportedOperatorError, OnnxExporterError)):
            tg.onnx.export(rows, x)


def test_chosen_rows_are_chosen_in_the_file_too() -> None:
    def program(x: Any) -> Any:
        chosen = x[x[:, 0] > 0]
        return chosen.sum(0) + chosen.shape[0], x[(x[:, 1] > 0).nonzero()[:, 0]]

    for seed in range(4):
        tg.manual_seed(seed)
        session = session_of(tg.onnx.export(program, tg.randn(4, 3)))
        for batch in (1, 2, 5, 13):
            x = tg.randn(batch, 3)
            for found, wanted in zip(run(session, [x]), program(x), strict=True):
                assert found.shape == tuple(wanted.shape)
                np.testing.assert_allclose(found, wanted.numpy(), rtol=1e-5, atol=1e-5)


# ---------------------------------------------------------------- tensors made from sizes


def made_from_sizes(x: Any) -> tuple[Any, ...]:
    """Return tensors that no recorded call made."""
    n, width = x.shape
    return (
        tg.zeros(n, 3),
        tg.full((n,), n),
        tg.full((2, 2), float(n)),
        tg.tensor([n, 3, 2 * n - 1]),
        tg.tensor([[n / 1], [width / 1]]),
        tg.arange(n),
        tg.arange(n)[:, None] * 2 + 1,
        tg.ones(n, 2 * n),
        tg.eye(n),
        tg.ones(n, n).tril(),
        x * n + tg.tensor([n]),
        x + tg.arange(n)[:, None],
        x.sum() + tg.zeros(n, 1),
    )


@pytest.mark.filterwarnings("ignore:onnx.export. no output follows")
def test_tensors_made_from_sizes_follow_them() -> None:
    session = session_of(tg.onnx.export(made_from_sizes, tg.randn(4, 3), dynamic_axes=FREE))
    for batch in (1, 2, 5, 12, 150):
        x = tg.randn(batch, 3)
        wanted = made_from_sizes(x)
        for found, expected in zip(run(session, [x]), wanted, strict=True):
            assert found.shape == tuple(expected.shape)
            assert found.dtype == expected.numpy().dtype
            np.testing.assert_allclose(found, expected.numpy(), rtol=1e-5, atol=1e-4)


def with_numbers_from_sizes(x: Any) -> tuple[Any, ...]:
    """Return what is computed with numbers that follow sizes."""
    n, width = x.shape
    return (
        x * (1 / n),
        (x * 3 / n + 0.5 / n).sum(0),
        x.sum() / n**0.5,
        (x @ x.mT) * (1 / math.sqrt(n * width)),
        x.square().sum(0) * (1 / (n + 1)),
        x * float(n) + n**2 - 2.5 * n,
        (0.7 * n) ** x.sigmoid(),
        x.double() * (1 / n),
    )


@pytest.mark.parametrize("batches", [(4, 1, 2, 5, 150), (1, 2, 3)])
def test_numbers_that_follow_a_size_do_so_in_the_file(batches: tuple[int, ...]) -> None:
    session = session_of(
        tg.onnx.export(with_numbers_from_sizes, tg.randn(batches[0], 3), dynamic_axes=FREE)
    )
    for batch in batches:
        x = tg.randn(batch, 3)
        for found, wanted in zip(run(session, [x]), with_numbers_from_sizes(x), strict=True):
            assert found.dtype == wanted.numpy().dtype
            np.testing.assert_allclose(found, wanted.numpy(), rtol=1e-5, atol=1e-5)


def test_settings_that_follow_a_size_are_refused_with_all_else() -> None:
    def program(x: Any) -> Any:
        y = nn.functional.layer_norm(x, (3,), eps=1 / x.shape[0])
        return tg.i0(y) * x.mean().item()

    line = program.__code__.co_firstlineno
    with pytest.raises(UnsupportedOperatorError) as caught:
        tg.onnx.export(program, tg.randn(4, 3), dynamic_axes=FREE)
    assert [problem.split(" at ")[0] for problem in caught.value.problems] == [
        "layer_norm_rows",
        "i0",
        "mul",
    ]
    for problem, after in zip(caught.value.problems, (1, 2, 2), strict=True):
        assert f"test_onnx_sizes.py:{line + after} in program" in problem


def test_numbers_that_do_not_follow_the_sizes_are_refused_with_their_line() -> None:
    def program(x: Any) -> Any:
        return x + tg.tensor([float(x.shape[0]) ** 0.3])

    line = program.__code__.co_firstlineno
    with pytest.raises(UnsupportedOperatorError, match=f"add at .*py:{line + 1} in program"):
        tg.onnx.export(program, tg.randn(4, 3), dynamic_axes=FREE)
    with pytest.raises(OnnxExporterError, match="output 0 does not follow"):
        tg.onnx.export(lambda x: tg.rand(x.shape[0]), tg.randn(4, 3), dynamic_axes=FREE)


# ---------------------------------------------------------------- NumPy


def test_what_numpy_computes_is_listed_with_all_else_and_its_line() -> None:
    class Odd(nn.Module):
        def forward(self, x: Any) -> Any:
            first = tg.linalg.svdvals(x).sum()
            second = tg.i0(x)
            third = tg.linalg.qr(x)[1] * first
            fourth = tg.tensor(np.exp(x.numpy())).sum()
            return tg.lgamma(second) + third.sum() + fourth + tg.tensor(np.asarray(x) + 1)

    line = Odd.forward.__code__.co_firstlineno
    with pytest.raises(UnsupportedOperatorError) as caught:
        tg.onnx.export(Odd(), tg.rand(4, 4), dynamic_axes={})
    found = [problem.split(" at ")[0] for problem in caught.value.problems]
    assert found == ["linalg.svd", "linalg.qr", "numpy", "numpy", "i0", "lgamma"]
    for problem, after in zip(caught.value.problems, (1, 3, 4, 5, 2, 5), strict=True):
        assert f"test_onnx_sizes.py:{line + after} in forward" in problem
    with pytest.raises(RuntimeError, match="requires grad"):
        tg.ones(2, requires_grad=True).numpy()


def test_arrays_of_what_does_not_follow_the_inputs_are_fine() -> None:
    shift = tg.ones(3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exported = tg.onnx.export(lambda x: x + tg.tensor(shift.numpy() * 2), tg.randn(4, 3))
    x = tg.randn(5, 3)
    np.testing.assert_allclose(run(session_of(exported), [x])[0], (x + 2).numpy(), rtol=1e-6)
