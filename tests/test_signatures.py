"""Every public function and method tells its signature, and its errors begin with its name."""

from __future__ import annotations

import inspect
import itertools
import pydoc
import types
from typing import Any

import pytest

import topograd as tg
from parity import attempt

MODULES = (tg, tg.nn.functional, tg.autograd, tg.func, tg.nn.init)


def is_function(value: Any) -> bool:
    return callable(value) and not inspect.isclass(value)


FUNCTIONS = [
    pytest.param(getattr(module, name), id=f"{module.__name__}.{name}")
    for module in MODULES
    for name in sorted(vars(module))
    if not name.startswith("_") and is_function(getattr(module, name))
]
METHODS = [
    pytest.param(name, id=name)
    for name in sorted(dir(tg.Tensor))
    if not name.startswith("_") and is_function(getattr(tg.Tensor, name))
]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_has_a_signature(function: Any) -> None:
    assert isinstance(inspect.signature(function), inspect.Signature)


@pytest.mark.parametrize("name", METHODS)
def test_every_method_has_a_signature_that_loses_self_when_it_is_bound(name: str) -> None:
    bound = getattr(tg.ones(2), name)
    free = inspect.signature(getattr(tg.Tensor, name))
    if isinstance(vars(tg.Tensor).get(name), (staticmethod, classmethod)):
        assert free == inspect.signature(bound)
    else:
        assert [*free.parameters][1:] == [*inspect.signature(bound).parameters]


@pytest.mark.parametrize(
    "op",
    [
        op
        for op in tg.ops()
        if op.function_exists and len([o for o in tg.ops() if o.name.split(".")[0] == op.name]) == 1
    ],
    ids=str,
)
def test_a_signature_is_that_of_the_record(op: Any) -> None:
    from topograd import _C

    functions = _C.nn_functions if op.module else _C.functions
    told = inspect.signature(functions[op.name])
    assert [p for p in told.parameters if p != "out"] == [p["name"] for p in op.parameters]
    for p in op.parameters:
        parameter = told.parameters[p["name"]]
        assert (parameter.default is inspect.Parameter.empty) == (p["default"] is None)
        assert (parameter.kind is inspect.Parameter.KEYWORD_ONLY) == p["keyword_only"]


def test_signatures_of_some() -> None:
    assert str(inspect.signature(tg.add)) == (
        "(input: 'Tensor', other: 'Tensor', *, alpha: 'int | float | bool' = 1, "
        "out: 'Tensor | None' = None) -> 'Tensor'"
    )
    assert [*inspect.signature(tg.Tensor.random_).parameters] == [
        "self",
        "from_",
        "to",
        "generator",
    ]
    assert str(inspect.signature(tg.ones(2).max)).startswith("(*args, **kwargs)")
    assert str(inspect.signature(tg.ones(2).float)) == "()"
    assert str(inspect.signature(tg.zeros)).startswith("(*size, dtype=None")
    assert str(inspect.signature(tg.get_num_threads)) == "()"


def test_help_shows_signature_and_text() -> None:
    text = pydoc.plain(pydoc.render_doc(tg.add))
    assert "add(input, other, *, alpha=1, out=None)" in text
    assert "Sum, element by element" in text


WRONG = ("a", 2.5, None, [1, "x"], object(), (9, 9), -7)


def assert_named(name: str, function: Any, *args: Any, **kwargs: Any) -> None:
    _, error = attempt(function, *args, **kwargs)
    told = error is None or str(error).startswith((f"{name}:", f"{name}("))
    assert told, (name, args, kwargs, repr(error))


@pytest.mark.parametrize("op", [op for op in tg.ops() if not op.hidden], ids=str)
def test_errors_of_ops_begin_with_the_name_that_was_called(op: Any) -> None:
    name = op.name.split(".")[0]
    x = tg.ones(2, 3)
    called = []
    if op.function_exists:
        module = tg.nn.functional if op.module else tg
        function = getattr(module, name)
        if not isinstance(function, types.FunctionType) or module is tg:
            called.append((name, function))
    if op.method and not op.inplace_only:
        called.append((name, getattr(tg.Tensor, name)))
    if op.inplace and hasattr(tg.Tensor, f"{name}_"):
        called.append((f"{name}_", getattr(tg.Tensor, f"{name}_")))
    for shown, function in called:
        assert_named(shown, function)
        assert_named(shown, function, x.clone(), no_such=1)
        for one, other in itertools.product(WRONG, (*WRONG, tg.ones(7, 11, 5), tg.ones(0))):
            assert_named(shown, function, x.clone(), one)
            assert_named(shown, function, x.clone(), one, other)
        for first in (
            tg.ones(7, 11, 5),
            tg.ones(0),
            tg.ones(()),
            tg.ones(2, dtype=tg.bool),
            x * 1j,
        ):
            assert_named(shown, function, first.clone(), x)
            assert_named(shown, function, first.clone(), x, tg.ones(4, dtype=tg.int64))


COMPOSED = {
    "unique": lambda: tg.unique(tg.ones(2) * 1j),
    "unique_consecutive": lambda: tg.unique_consecutive(tg.ones(2), tg.ones(2)),
    "norm": lambda: tg.norm(tg.ones(2), dim=3),
    "gradient": lambda: tg.gradient(tg.ones(0)),
    "tensordot": lambda: tg.tensordot(tg.ones(2), tg.ones(3), 1),
    "allclose": lambda: tg.allclose(tg.ones(2), tg.ones(3)),
    "var": lambda: tg.var(tg.ones(2, 3), tg.ones(3)),
    "std_mean": lambda: tg.std_mean(tg.ones(2, 3), 5),
    "result_type": lambda: tg.result_type("a", tg.ones(2)),
    "promote_types": lambda: tg.promote_types(3, tg.float32),
    "can_cast": lambda: tg.can_cast("a", tg.float32),
    "where": lambda: tg.where("a"),
    "normal": lambda: tg.normal(0.0, 1.0, 5),
    "as_tensor": lambda: tg.as_tensor(object()),
    "asarray": lambda: tg.asarray("a"),
    "broadcast_shapes": lambda: tg.broadcast_shapes("a"),
    "max": lambda: tg.max(tg.ones(2), tg.ones(3)),
    "exp_": lambda: tg.ones(2).exp_(1),
    "set_num_threads": lambda: tg.set_num_threads(),
    "get_num_threads": lambda: tg.get_num_threads("a"),
    "get_default_dtype": lambda: tg.get_default_dtype(1),
    "set_default_dtype": lambda: tg.set_default_dtype(),
    "is_grad_enabled": lambda: tg.is_grad_enabled(1),
    "is_inference_mode_enabled": lambda: tg.is_inference_mode_enabled(1),
    "Generator": lambda: tg.Generator("cpu", 1),
    "device": lambda: tg.device("cpu", 0, 1),
    "initial_seed": lambda: tg.Generator().initial_seed(1),
    "manual_seed": lambda: tg.Generator().manual_seed(),
    "backward": lambda: tg.ones(2, requires_grad=True).sum().backward(1, 2, 3, 4, 5),
    "register_hook": lambda: tg.ones(2, requires_grad=True).register_hook(),
    "retain_grad": lambda: tg.ones(2, requires_grad=True).retain_grad(1),
    "name": lambda: tg.ones(2, requires_grad=True).exp().grad_fn.name(1),
}


@pytest.mark.parametrize("name", COMPOSED)
def test_other_errors_begin_with_the_name_that_was_called(name: str) -> None:
    with pytest.raises((RuntimeError, ValueError, TypeError, IndexError, AttributeError)) as caught:
        COMPOSED[name]()
    assert str(caught.value).startswith(f"{name}:")
    assert "incompatible" not in str(caught.value)
