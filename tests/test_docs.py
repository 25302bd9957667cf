"""Every public op has a docstring that is whole, and its example does what it shows."""

from __future__ import annotations

import doctest
import re

import numpy as np
import pytest

import topograd as tg

PUBLIC = [op for op in tg.ops() if not op.hidden]
FACTORIES = """arange empty empty_like empty_permuted empty_strided eye full full_like linspace
logspace ones ones_like rand rand_like randint randint_like randn randn_like randperm scalar_tensor
tensor tril_indices triu_indices zeros zeros_like""".split()
# What the examples may name, and how their output is compared: as in pyproject.toml.
NAMES = {"tg": tg, "F": tg.nn.functional, "np": np}
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def prose_of(op):
    """Return the docstring up to its example."""
    return op.doc.partition(">>> ")[0]


@pytest.mark.parametrize("op", tg.ops(), ids=str)
def test_a_docstring_begins_with_a_sentence_on_one_line(op):
    first, _, rest = op.doc.partition("\n")
    assert first.endswith("."), f"{op}: the first line is no sentence: {first!r}"
    assert not rest.strip() or rest.startswith("\n"), f"{op}: no blank line after the first"


@pytest.mark.parametrize("op", PUBLIC, ids=str)
def test_a_docstring_names_every_parameter(op):
    missing = [
        parameter["name"]
        for parameter in op.parameters
        if not re.search(rf"\b{re.sub('^self$', 'input', parameter['name'])}\b", prose_of(op))
    ]
    assert not missing, f"{op}: the docstring does not tell of {missing}"


@pytest.mark.parametrize("op", PUBLIC, ids=str)
def test_a_docstring_ends_with_an_example_that_is_true(op):
    run_examples(str(op), op.doc)


@pytest.mark.parametrize("name", FACTORIES)
def test_the_docstring_of_a_factory_ends_with_an_example_that_is_true(name):
    run_examples(name, getattr(tg, name).__doc__)


def run_examples(name, doc):
    parts = doctest.DocTestParser().parse(doc, name)
    examples = [part for part in parts if isinstance(part, doctest.Example)]
    assert examples, f"{name}: the docstring has no example"
    assert not str(parts[-1]).strip(), f"{name}: text after the example: {parts[-1]!r}"
    test = doctest.DocTest(examples, dict(NAMES), name, None, None, None)
    report: list[str] = []
    doctest.DocTestRunner(verbose=False, optionflags=OPTIONS).run(test, out=report.append)
    assert not report, "".join(report)


@pytest.mark.parametrize(
    "shown",
    [tg.exp, tg.Tensor.exp, tg.Tensor.exp_],
    ids=["function", "method", "in-place method"],
)
def test_help_shows_the_docstring_of_the_record(shown):
    (record,) = (op for op in PUBLIC if str(op) == "exp")
    assert record.doc in shown.__doc__
