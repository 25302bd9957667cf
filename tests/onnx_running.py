"""Exported models run by onnxruntime, beside topograd."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import topograd as tg

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")


def session_of(model: Any) -> Any:
    """Return an onnxruntime session of a ModelProto or of the path of a file."""
    source = model if isinstance(model, str) else model.SerializeToString()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def run(session: Any, tensors: Sequence[Any]) -> list[np.ndarray]:
    """Return the outputs for inputs in order."""
    names = [one.name for one in session.get_inputs()]
    given = {name: tensor.numpy() for name, tensor in zip(names, tensors, strict=True)}
    return session.run(None, given)


def tensors_in(value: Any) -> list[Any]:
    """Return all tensors of a nested result, in order."""
    if isinstance(value, tg.Tensor):
        return [value]
    if isinstance(value, dict):
        return [one for each in value.values() for one in tensors_in(each)]
    if isinstance(value, (list, tuple)):
        return [one for each in value for one in tensors_in(each)]
    return []


def check(
    model: Callable[..., Any],
    make: Callable[[int], tuple[Any, ...]],
    batches: Sequence[int] = (2, 1, 5),
    tolerance: float = 1e-5,
    **options: Any,
) -> Any:
    """Export on the first batch size, compare the results for all; returns the ModelProto.

    make: the arguments for a batch size.
    """
    tg.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        exported = tg.onnx.export(model, make(batches[0]), **options)
    session = session_of(exported)
    for batch in batches:
        args = make(batch)
        if isinstance(model, tg.nn.Module):
            training = model.training
            expected = tensors_in(model.eval()(*args))
            model.train(training)
        else:
            expected = tensors_in(model(*args))
        found = run(session, tensors_in(args))
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            wanted = other.detach().numpy()
            assert one.shape == wanted.shape
            assert one.dtype == wanted.dtype
            np.testing.assert_allclose(one, wanted, rtol=tolerance, atol=tolerance)
    return exported
