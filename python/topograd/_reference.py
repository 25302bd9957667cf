"""The reference page of all public ops: `python -m topograd._reference [--check] FILE`.

Writes FILE (in a checkout `docs/ops.md`) from the registry, or compares it with --check: every op
with its signatures, kind of derivative, methods, documentation and example, grouped by topic, with
a table of contents. Functions that Python composes of ops stand at the end.
"""

from __future__ import annotations

import argparse
import inspect
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

import topograd
from topograd import _C, _stubs
from topograd._stubs import Record

WIDTH = 100

HEAD = """\
<!-- Generated: python -m topograd._reference docs/ops.md, from the registry of ops. -->

# The ops of topograd

{count} ops, as the registry describes them, and {composed} functions that Python composes of them.
`tg` is `topograd`, `F` is `topograd.nn.functional`, `x` is a tensor. Where a signature says
`Tensor | number`, a Python number is taken as a tensor without dims; names, order and defaults are
PyTorch's. `(*)` is any shape.

The line below the signatures tells how the derivative comes about, in reverse and in forward mode:

| kind | meaning |
|---|---|
| elementwise | every element of the result depends on the elements at its own place |
| linear | linear in all tensors together; forward mode is the op itself |
| multilinear | linear in each tensor alone |
| general | both products are written by hand |
| composed | written in other ops, which are differentiated |
| none | the result is not tracked |

All of these can be differentiated again. A result that is a *view* looks at the memory of its
input. How zeros meet infinite partials is told in [strong_zeros.md](strong_zeros.md).
"""

DERIVATIVES = {
    "elementwise": "elementwise derivative",
    "linear": "linear",
    "multilinear": "multilinear",
    "general": "general derivative",
    "composite": "composed of other ops",
    "none": "no derivative",
}

ELEMENTS = "Functions of each element"
SEVERAL = "Arithmetic of several tensors"
LOGIC = "Comparisons and logic"
REDUCTIONS = "Reductions, scans and statistics"
ORDER = "Sorting and searching"
PRODUCTS = "Products of vectors and matrices"
VIEWS = "Views"
SHAPES = "Shapes, joining and copying"
INDEXING = "Indexing and choosing"
RANDOM = "Random numbers"
ACTIVATIONS = "Activations"
LAYERS = "Layers, embedding and attention"
WINDOWS = "Convolution and pooling"
IMAGES = "Images"
LOSSES = "Losses"
COMPOSED = "Functions composed in Python"
TOPICS = (
    ELEMENTS, SEVERAL, LOGIC, REDUCTIONS, ORDER, PRODUCTS, VIEWS, SHAPES, INDEXING, RANDOM,
    ACTIVATIONS, LAYERS, WINDOWS, IMAGES, LOSSES, COMPOSED,
)  # fmt: skip

# The modules whose functions are composed of ops.
HOMES = ("topograd._functions", "topograd.nn.")
# The topic of each family of ops, and of those of its ops that belong elsewhere.
FAMILIES = {
    **dict.fromkeys(("unary", "trigonometry", "rounding", "special", "complex"), ELEMENTS),
    **dict.fromkeys(("arithmetic", "binary", "ternary", "numbers"), SEVERAL),
    "compare": LOGIC,
    **dict.fromkeys(
        "reduce extremes scan softmax selection quantile statistics histogram running".split(),
        REDUCTIONS,
    ),
    "search": ORDER,
    **dict.fromkeys(("matmul", "einsum", "products", "distance", "similarity"), PRODUCTS),
    **dict.fromkeys(("view", "slicing", "strided"), VIEWS),
    **dict.fromkeys(("cast", "joining", "padding", "shape", "stacking", "partition"), SHAPES),
    **dict.fromkeys(("index", "scattering", "placing"), INDEXING),
    **dict.fromkeys(("random", "distributions"), RANDOM),
    **dict.fromkeys(("activation", "rectifier"), ACTIVATIONS),
    **dict.fromkeys(
        "norm attention noise recurrent recurrent_steps bags group_norm".split(), LAYERS
    ),
    **dict.fromkeys("conv conv_transpose pool adaptive unpool".split(), WINDOWS),
    **dict.fromkeys(("folding", "grid", "resampling", "shuffling"), IMAGES),
    **dict.fromkeys(
        "loss elementwise_loss likelihood_loss margin_loss linear_loss image_loss ctc".split(),
        LOSSES,
    ),
}
NAMED = {
    **dict.fromkeys(("isfinite", "isinf", "isnan", "isneginf", "isposinf", "isreal"), LOGIC),
    **dict.fromkeys(("isin", "signbit"), LOGIC),
    **dict.fromkeys(("where", "masked_fill"), INDEXING),
    **dict.fromkeys(
        "as_strided_scatter diagonal_scatter select_scatter slice_scatter".split(), INDEXING
    ),
    **dict.fromkeys(("clamp", "clamp_max", "clamp_min", "sigmoid"), ELEMENTS),
    **dict.fromkeys(("sort", "argsort", "topk", "msort", "kthvalue"), ORDER),
    **dict.fromkeys(("view_as_real", "view_as_complex"), VIEWS),
    **dict.fromkeys(("embedding", "linear", "one_hot"), LAYERS),
    **dict.fromkeys(("gumbel_softmax", "rrelu"), ACTIVATIONS),
    **dict.fromkeys(("argwhere", "nonzero_static", "unravel_index"), INDEXING),
}


class Entry(NamedTuple):
    """What the page says about one name."""

    name: str
    topic: str
    signatures: Sequence[str]
    facts: str
    docs: Sequence[str]


def main() -> int:
    """Runs the command; 1 where --check finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m topograd._reference", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("file", type=Path)
    options = parser.parse_args()
    text = page()
    if options.check:
        if is_current(options.file, text):
            return 0
        print(f"{options.file} is not what the registry gives", file=sys.stderr)
        return 1
    options.file.write_text(text, encoding="utf-8")
    print(f"wrote {options.file}")
    return 0


def is_current(file: Path, text: str) -> bool:
    """Whether the file holds this text."""
    return file.is_file() and file.read_text(encoding="utf-8") == text


def page() -> str:
    """The whole page, as Markdown."""
    found = [*op_entries(), *composed_entries()]
    by_topic = {topic: [e for e in found if e.topic == topic] for topic in TOPICS}
    composed = len(by_topic[COMPOSED])
    parts = [
        HEAD.format(count=len(found) - composed, composed=composed),
        "## Contents\n",
        *(contents(topic, entries) for topic, entries in by_topic.items() if entries),
    ]
    for topic, entries in by_topic.items():
        if entries:
            parts.append(f"\n## {topic}\n")
            parts += [section(entry) for entry in entries]
    return "\n".join(parts).rstrip() + "\n"


def contents(topic: str, entries: Iterable[Entry]) -> str:
    """The lines of the table of contents for one topic."""
    links = ", ".join(f"[{escaped(e.name)}](#{anchor(e.name)})" for e in entries)
    return f"- **[{topic}](#{anchor(topic)})**: {links}"


def anchor(heading: str) -> str:
    """The name that Markdown pages give a heading, as GitHub makes it.

    >>> from topograd._reference import anchor
    >>> anchor("Shapes, joining and copying")
    'shapes-joining-and-copying'
    """
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def section(entry: Entry) -> str:
    """The heading of an op, and all that is known of it."""
    signatures = "\n".join(entry.signatures)
    parts = [f"### {escaped(entry.name)}\n\n```python\n{signatures}\n```\n"]
    if entry.facts:
        parts.append(f"*{entry.facts}*\n")
    parts += [documentation(doc) for doc in entry.docs]
    return "\n".join(parts)


# ---------------------------------------------------------------- what the registry offers


def op_entries() -> list[Entry]:
    """The entries of the public ops, in the order of the registry; variants share one."""
    variants: dict[str, list[Record]] = {}
    for op in _C.ops():
        if not op["hidden"]:
            variants.setdefault(op["function"], []).append(op)
    return [entry_of(name, records) for name, records in variants.items()]


def entry_of(name: str, records: Sequence[Record]) -> Entry:
    """The entry of an op with all its variants."""
    docs = [str(record["doc"]) for record in records]
    adapted = public_function(name)
    if adapted and len((prose := prose_of(inspect.getdoc(adapted) or "")).split("\n\n")) > 1:
        docs.insert(0, prose)
    return Entry(name, topic_of(records), signatures_of(name, records), facts_of(records), docs)


def signatures_of(name: str, records: Sequence[Record]) -> list[str]:
    """How Python calls the op: as functions, as a method, in place."""
    lines = []
    registered = {**_C.functions, **_C.nn_functions}.get(name)
    for prefix, value in namespaces(name):
        if value is registered:
            lines += [
                call(prefix + name, record) for record in records if record["function_exists"]
            ]
            registered = None  # listed once, under the first namespace that has it
        elif isinstance(value, FunctionType):
            lines.append(python_signature(prefix + name, value))
    for record in records:
        own = vars(_C.Tensor).get(name)
        if record["method"] and not record["inplace_only"]:
            if isinstance(own, FunctionType):
                lines.append(python_signature("x." + name, own, method=True))
            elif own is not None:
                lines.append(call("x." + name, record, method=True))
        if record["inplace"]:
            lines.append(call("x." + _stubs.in_place_name(record), record, method=True))
    return list(dict.fromkeys(lines))


def namespaces(name: str) -> Iterator[tuple[str, object]]:
    """The public functions of that name, with the prefix that an example writes."""
    from topograd.nn import functional

    for prefix, module in (("tg.", topograd), ("F.", functional)):
        value = vars(module).get(name)
        if value is not None:
            yield prefix, value


def public_function(name: str) -> FunctionType | None:
    """The Python function that stands before the op of that name, if one does."""
    for _, value in namespaces(name):
        if isinstance(value, FunctionType):
            return value
    return None


def call(name: str, record: Record, *, method: bool = False) -> str:
    """One signature of the registry, in plain types."""
    entries = _stubs.parameter_list(_stubs.form_of(record), [], method=method)[method:]
    if entries[:1] == ["/"]:
        entries = entries[1:]
    return plain(_stubs.exploded(f"{name}(", entries, f") -> {result_of(record)}"))


def result_of(record: Record) -> str:
    """The result as the page writes it: several named ones in parentheses."""
    if str(record["result"]).startswith("("):
        return f"({', '.join(_stubs.result_names(record['result']))})"
    return _stubs.result_type(record["result"])


def python_signature(name: str, function: FunctionType, *, method: bool = False) -> str:
    """The signature of a function that is written in Python."""
    signature = inspect.signature(function)
    entries = []
    starred = False
    for parameter in list(signature.parameters.values())[method:]:
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            entries.append("*")
        starred = starred or parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL)
        # Annotations are texts already.
        entries.append(str(parameter.replace(annotation=Plain(parameter.annotation))))
    result = signature.return_annotation
    returned = "" if result is signature.empty else f" -> {Plain(result)!r}"
    return plain(_stubs.exploded(f"{name}(", entries, f"){returned}"))


class Plain(str):
    """An annotation that prints without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def plain(signature: str) -> str:
    """A signature in the words of the page: `_Operand` is a tensor or a number."""
    signature = signature.replace("_Operand", "Tensor | number")
    signature = re.sub(r"\b(_Number|Number)\b", "number", signature)
    return re.sub(r"\b(?:_C|builtins)\.|\b_(?=int|float|bool|str|dtype)", "", signature)


def facts_of(records: Sequence[Record]) -> str:
    """Kind of derivative and what else the records say, in one line."""
    facts = list(dict.fromkeys(DERIVATIVES[record["derivative"]] for record in records))
    tracked = {int(record["differentiable_outputs"]) for record in records}
    results = [r for r in records if str(r["result"]).startswith("(")]
    if results and max(tracked) < 100:
        names = _stubs.result_names(results[0]["result"])[: max(tracked)]
        facts.append(f"of {' and '.join(names)}")
    flags = {"method": "method", "inplace": "in place", "view": "view", "random": "random"}
    for flag, word in flags.items():
        if any(record[flag] for record in records):
            facts.append(word)
    return " · ".join(facts)


# ---------------------------------------------------------------- topics


def topic_of(records: Sequence[Record]) -> str:
    """The topic of an op: that of its family, unless it has one of its own."""
    record = records[0]
    return NAMED.get(record["function"]) or FAMILIES[record["family"]]


# ---------------------------------------------------------------- functions written in Python


def composed_entries() -> list[Entry]:
    """The public functions of tensors that are written in Python and stand for no op alone."""
    registered = {**_C.functions, **_C.nn_functions}
    entries = []
    from topograd.nn import functional

    for prefix, module in (("tg.", topograd), ("F.", functional)):
        for name, value in sorted(vars(module).items()):
            if name not in registered and is_composed(value):
                doc = inspect.getdoc(value) or ""
                signature = [python_signature(prefix + name, value)]
                entries.append(Entry(name, COMPOSED, signature, "", [doc]))
    return entries


def is_composed(value: object) -> bool:
    """Whether this is a function of a tensor, given first, that returns something."""
    if not isinstance(value, FunctionType) or not value.__module__.startswith(HOMES):
        return False
    annotations: Mapping[str, Any] = value.__annotations__
    first = next(iter(inspect.signature(value).parameters), "")
    return "Tensor" in str(annotations.get(first, "")) and annotations.get("return") != "None"


# ---------------------------------------------------------------- text


def documentation(doc: str) -> str:
    """A docstring as Markdown: its prose, then its examples as code."""
    example = doc[doc.find(">>> ") :] if ">>> " in doc else ""
    prose = escaped(prose_of(doc))
    code = f"\n```python\n{example.rstrip()}\n```\n" if example else ""
    return f"{prose}\n{code}"


def prose_of(doc: str) -> str:
    """A docstring up to its examples.

    >>> from topograd._reference import prose_of
    >>> prose_of("Twice x." + chr(10) + chr(10) + ">>> 2 * x")
    'Twice x.'
    """
    return doc.partition(">>> ")[0].rstrip()


def escaped(text: str) -> str:
    r"""A text in which Markdown sees no marks of its own.

    >>> from topograd._reference import escaped
    >>> print(escaped("x * y, an x_ of (*)"))
    x \* y, an x\_ of (\*)
    """
    return re.sub(r"([\\`*_<>\[\]|~]|^[#+-](?= ))", r"\\\1", text, flags=re.MULTILINE)


if __name__ == "__main__":
    sys.exit(main())
