"""The NumPy oracles agree with PyTorch, so that a failure in test_ops.py is the library's."""

from __future__ import annotations

import pytest

from cases import CASES
from helpers import arrays, assert_close, kind_of, outputs, quiet, tensors
from oracles import ORACLES, WITHOUT_ORACLE
from parity import torch_function

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("name", sorted(set(CASES) - set(WITHOUT_ORACLE)))
def test_oracle_agrees_with_torch(name: str) -> None:
    function = torch_function(name)
    assert function is not None
    for args, kwargs in CASES[name]:
        with quiet():
            result = function(*tensors(args, torch), **tensors(kwargs, torch))
            expected = ORACLES[name](*arrays(args), **arrays(kwargs))
        computed = outputs(result)
        single = any(kind_of(tensor) == "float32" for tensor in computed)
        assert_close(computed, expected, "float32" if single else "float64")
