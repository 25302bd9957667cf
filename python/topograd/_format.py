"""How tensors print: as in PyTorch, and as a small table in notebooks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from topograd import _C
from topograd._C import Tensor

PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}
_options: dict[str, Any] = {**PROFILES["default"], "sci_mode": None}

# Rows and columns of a table in a notebook, at each end.
_TABLE_EDGE = 4


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Sets how tensors print; what is None stays, except sci_mode.

    precision: digits behind the point (4).  threshold: number of elements from which on a tensor is
    shortened (1000).  edgeitems: elements at each end of a dim that is shortened (3).  linewidth:
    characters of a line (80).  profile: "default", "short" or "full" sets those four first.
    sci_mode: scientific notation; None: where the numbers ask for it.  Raises ValueError for
    another profile and for negative numbers.

    >>> import topograd as tg
    >>> tg.set_printoptions(precision=2)
    >>> tg.tensor([1.2345])
    tensor([1.23])
    >>> tg.set_printoptions(profile="default")
    """
    if profile is not None and profile not in PROFILES:
        raise ValueError(
            f"set_printoptions: expected a profile of {list(PROFILES)}, got {profile!r}"
        )
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    for name, value in given.items():
        if value is not None and not value >= 0:
            raise ValueError(f"set_printoptions: expected {name} >= 0, got {value}")
    if profile is not None:
        _options.update(PROFILES[profile])
    _options.update({name: value for name, value in given.items() if value is not None})
    _options["sci_mode"] = sci_mode


def tensor_repr(x: Tensor) -> str:
    r"""The text of a tensor: what Python's repr gives, the same as PyTorch's.

    Of a tensor with more than `threshold` elements only those that are shown are read.

    >>> import topograd as tg
    >>> from topograd._format import tensor_repr
    >>> tensor_repr(tg.tensor([[1.5, -2.0], [3.0, 4.0]], requires_grad=True))
    'tensor([[ 1.5000, -2.0000],\n        [ 3.0000,  4.0000]], requires_grad=True)'
    """
    if _C.is_symbolic(x):
        return f"tensor(..., size={tuple(x.shape)}, dtype={x.dtype}, placeholder={x.is_leaf})"
    prefix = _prefix(x)
    return _with_suffixes(prefix + _body(x.detach(), len(prefix)), _suffixes(x), len(prefix))


def repr_html(x: Tensor) -> str:
    """A tensor for a notebook: a line with dtype, shape and history, and a table of its elements.

    Of a large tensor the ends of each dim are shown; of one with more than two dims, the first
    matrix.

    >>> import topograd as tg
    >>> "<table" in tg.ones(2, 3)._repr_html_()
    True
    """
    from html import escape

    shape = tuple(x.shape)
    shown, place = x.detach(), ""
    if len(shape) > 2 and math.prod(shape) > 0:
        leading = len(shape) - 2
        shown = shown[(0,) * leading]
        place = f", of which [{', '.join(['0'] * leading + [':', ':'])}]"
    facts = [f"{_dtype_name(x)} {shape}{place}", *_history(x)]
    caption = f'<div style="opacity: 0.7">tensor: {escape(", ".join(facts))}</div>'
    return f"<div>{caption}{_table(shown) if math.prod(shape) > 0 else ''}</div>"


def _prefix(x: Tensor) -> str:
    """Classes of this package print as a tensor, those of other programs under their own name."""
    ours = type(x).__module__.partition(".")[0] == "topograd"
    return "tensor(" if ours else f"{type(x).__name__}("


def _dtype_name(x: Tensor) -> str:
    return repr(x.dtype).rpartition(".")[2]


# ---------------------------------------------------------------- the part behind the elements


def _suffixes(x: Tensor) -> list[str]:
    is_empty = 0 in x.shape
    suffixes = []
    # Nothing else shows the shape of a tensor without elements.
    if (is_empty and len(x.shape) != 1) or (not is_empty and not _options["edgeitems"]):
        suffixes.append(f"size={tuple(x.shape)}")
    # Elements show whether they are int64 or bool, if there are any.
    default = _C.get_default_dtype()
    pairs = _C.complex128 if default == _C.float64 else _C.complex64
    evident = (default,) if is_empty else (default, pairs, _C.int64, _C.bool)
    if x.dtype not in evident:
        suffixes.append(f"dtype=topograd.{_dtype_name(x)}")
    return suffixes + _history(x)


def _history(x: Tensor) -> list[str]:
    suffixes = []
    try:
        node = x.grad_fn
    except RuntimeError:
        # A view that was changed in a way that has no gradient still has elements to show.
        suffixes.append("grad_fn=<Invalid>")
    else:
        if node is not None:
            suffixes.append(f"grad_fn=<{node.name()}>")
        elif x.requires_grad:
            suffixes.append("requires_grad=True")
    if x.name is not None:
        suffixes.append(f"name={x.name!r}")
    return suffixes


def _with_suffixes(text: str, suffixes: list[str], indent: int) -> str:
    # As PyTorch counts, which is two more than there are in a first line.
    length = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if length + len(suffix) + 2 > _options["linewidth"]:
            text += ",\n" + " " * indent + suffix
            length = indent + len(suffix)
        else:
            text += ", " + suffix
            length += len(suffix) + 2
    return text + ")"


# ---------------------------------------------------------------- the elements


def _body(x: Tensor, indent: int) -> str:
    count = math.prod(x.shape)
    if count == 0:
        return "[]"
    shorten = count > _options["threshold"]
    if shorten and x.shape and not _options["edgeitems"]:
        return "[...]"
    values = _ends(x, _options["edgeitems"]) if shorten else x.tolist()
    form = _form_of(values, x)
    return _nested_text(values, len(x.shape), indent, form)


def _ends(x: Tensor, edge: int, dim: int = 0) -> Any:
    """Nested lists of the elements, with `...` for the middle of dims longer than 2 * edge."""
    if dim == len(x.shape):
        return x.tolist()
    if x.shape[dim] <= 2 * edge:
        return _ends(x, edge, dim + 1)
    before = (slice(None),) * dim
    first = _ends(x[before + (slice(None, edge),)], edge, dim + 1)
    last = _ends(x[before + (slice(x.shape[dim] - edge, None),)], edge, dim + 1)
    return _joined(first, last, dim)


def _joined(first: Any, last: Any, depth: int) -> list[Any]:
    if depth == 0:
        return [*first, ..., *last]
    return [_joined(a, b, depth - 1) for a, b in zip(first, last, strict=True)]


def _flat(values: Any) -> Iterator[Any]:
    if isinstance(values, list):
        for value in values:
            yield from _flat(value)
    elif values is not ...:
        yield values


class _Form:
    """How the numbers of one tensor are written, all in the same way and width.

    Real numbers that are all whole are written as "2."; very different, very large and very small
    ones in scientific notation.
    """

    def __init__(self, values: Any, real: bool) -> None:
        self.width = 0
        self.pattern = ""
        self.point = ""
        if not real:
            self.width = max(len(str(value)) for value in _flat(values))
            return
        # Zeros, infinities and NaN fit every form, and do not choose one.
        telling = [value for value in _flat(values) if value != 0 and math.isfinite(value)]
        whole = all(value == math.floor(value) for value in telling)
        precision = _options["precision"]
        if _is_scientific([abs(value) for value in telling]):
            self.pattern = f".{precision}e"
        elif whole:
            self.pattern, self.point = ".0f", "."
        else:
            self.pattern = f".{precision}f"
        self.width = max((len(self(value)) for value in telling), default=1)

    def __call__(self, value: Any) -> str:
        text = format(value, self.pattern) if self.pattern else str(value)
        if self.point and math.isfinite(value):
            text += self.point
        return text.rjust(self.width)


class _ComplexForm:
    """Complex numbers: real and imaginary parts, each in a form of its own."""

    def __init__(self, values: Any) -> None:
        flat = list(_flat(values))
        self.real = _Form([value.real for value in flat], real=True)
        self.imaginary = _Form([abs(value.imag) for value in flat], real=True)
        self.width = self.real.width + self.imaginary.width + 2

    def __call__(self, value: Any) -> str:
        negative = math.copysign(1.0, value.imag) < 0 and not math.isnan(value.imag)
        sign = "-" if negative else "+"
        return f"{self.real(value.real)}{sign}{self.imaginary(abs(value.imag)).strip()}j"


def _form_of(values: Any, x: Tensor) -> _Form | _ComplexForm:
    return _ComplexForm(values) if x.is_complex() else _Form(values, x.dtype.is_floating_point)


def _is_scientific(magnitudes: list[float]) -> bool:
    if not magnitudes:
        return False
    if _options["sci_mode"] is not None:
        return bool(_options["sci_mode"])
    least, greatest = min(magnitudes), max(magnitudes)
    return greatest / least > 1e3 or greatest > 1e8 or least < 1e-4


def _nested_text(values: Any, rank: int, indent: int, form: _Form | _ComplexForm) -> str:
    if rank == 0:
        return form(values)
    if rank == 1:
        return _row_text(values, indent, form)
    rows = (
        "..." if row is ... else _nested_text(row, rank - 1, indent + 1, form) for row in values
    )
    separator = "," + "\n" * (rank - 1) + " " * (indent + 1)
    return "[" + separator.join(rows) + "]"


def _row_text(values: list[Any], indent: int, form: _Form | _ComplexForm) -> str:
    per_line = max(1, (_options["linewidth"] - indent) // (form.width + 2))
    texts = [" ..." if value is ... else form(value) for value in values]
    lines = (", ".join(texts[i : i + per_line]) for i in range(0, len(texts), per_line))
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


def _table(x: Tensor) -> str:
    """The elements of a tensor with at most two dims, in the page's own colours, light or dark."""
    values = _ends(x, _TABLE_EDGE)
    form = _form_of(values, x)
    rows = values if len(x.shape) == 2 else [values] if len(x.shape) == 1 else [[values]]
    columns = next(len(row) for row in rows if row is not ...)
    cell = '<td style="text-align: right">{}</td>'
    body = "".join(
        "<tr>"
        + "".join(
            cell.format("…" if value is ... else form(value).strip())
            for value in ([...] * columns if row is ... else row)
        )
        + "</tr>"
        for row in rows
    )
    style = "border-collapse: collapse; font-family: monospace; color: inherit"
    return f'<table style="{style}">{body}</table>'
