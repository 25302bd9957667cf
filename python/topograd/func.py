"""Function transforms: derivatives of functions of tensors, in both modes, nested freely."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import topograd as tg
from topograd import _C
from topograd._C import Tensor

if TYPE_CHECKING:
    from topograd._jacobians import hessian, jacfwd, jacrev

__all__ = [
    "functional_call",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "vjp",
]

Tree = Any
"""A tensor, or a tuple, list or dict of trees."""


def _leaves(tree: Tree) -> list[Tensor]:
    if isinstance(tree, Tensor):
        return [tree]
    if isinstance(tree, dict):
        return [leaf for value in tree.values() for leaf in _leaves(value)]
    if isinstance(tree, (tuple, list)):
        return [leaf for value in tree for leaf in _leaves(value)]
    return []


def _rebuild(tree: Tree, leaves: list[Any]) -> Tree:
    """The tree with its tensors replaced, in order, taking them from the front of `leaves`."""
    if isinstance(tree, Tensor):
        return leaves.pop(0)
    if isinstance(tree, dict):
        return {key: _rebuild(value, leaves) for key, value in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*(_rebuild(value, leaves) for value in tree))
    if isinstance(tree, (tuple, list)):
        return type(tree)(_rebuild(value, leaves) for value in tree)
    return tree


def _tracked(op: str, tree: Tree) -> Tree:
    """The tree with tensors that a new graph starts from; an older history goes on below."""
    fresh: list[Any] = []
    for leaf in _leaves(tree):
        if not (leaf.dtype.is_floating_point or leaf.dtype.is_complex):
            raise RuntimeError(
                f"{op}: only Tensors of floating point dtype can require gradients, got one of "
                f"{leaf.dtype} and shape {tuple(leaf.shape)}"
            )
        if leaf.requires_grad:
            fresh.append(leaf.view(leaf.shape))
        else:
            fresh.append(leaf.detach().requires_grad_())
    return _rebuild(tree, fresh)


def _watched(*trees: Tree) -> bool:
    """Whether an outer transform, or the user, differentiates through the arguments."""
    return any(leaf.requires_grad for tree in trees for leaf in _leaves(tree))


def _reaches_out(outputs: Tree, inputs: Sequence[Tensor]) -> bool:
    """Whether the outputs depend on tensors that the function closed over and somebody tracks."""
    return _C.is_grad_enabled() and _C.depends_on_others(_leaves(outputs), list(inputs))


def _finish(tree: Tree, keep: bool) -> Tree:
    if keep:
        return tree
    return _rebuild(tree, [leaf.detach() if leaf.requires_grad else leaf for leaf in _leaves(tree)])


def vjp(func: Callable[..., Tree], *primals: Tree, has_aux: bool = False) -> Any:
    """The value of func at primals, and the function that multiplies a cotangent by its Jacobian.

    Returns (output, vjp_fn) — with has_aux, (output, vjp_fn, aux). vjp_fn(cotangent) gives one
    gradient tree per primal; it may be called again and differentiated.

    >>> import topograd as tg
    >>> value, pull = tg.func.vjp(lambda x: x**2, tg.tensor([1.0, 2.0]))
    >>> pull(tg.tensor([1.0, 10.0]))
    (tensor([ 2., 40.]),)
    """
    keep = _watched(*primals)
    with tg.enable_grad():
        inputs = tuple(_tracked("vjp", one) for one in primals)
        result = func(*inputs)
    output, aux = result if has_aux else (result, None)
    wanted = _leaves(inputs)
    keep = keep or _reaches_out(output, wanted)

    def pull(cotangents: Tree) -> Tree:
        seeds = _leaves(cotangents)
        outputs = _leaves(output)
        if len(seeds) != len(outputs):
            raise ValueError(f"vjp: {len(outputs)} outputs but {len(seeds)} cotangents")
        pairs = [(o, s) for o, s in zip(outputs, seeds, strict=True) if o.requires_grad]
        again = keep or _watched(cotangents) or tg.is_grad_enabled()
        found: Sequence[Tensor | None] = [None] * len(wanted)
        if pairs:
            found = tg.autograd.grad(
                [o for o, _ in pairs],
                wanted,
                [s for _, s in pairs],
                retain_graph=True,
                create_graph=again,
                allow_unused=True,
            )
        gradients = [
            tg.zeros_like(leaf) if g is None else g for leaf, g in zip(wanted, found, strict=True)
        ]
        trees = tuple(_rebuild(one, gradients) for one in inputs)
        return _finish(trees, keep or _watched(cotangents))

    final = _finish(output, keep)
    return (final, pull, aux) if has_aux else (final, pull)


def grad_and_value(
    func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that gives (gradient, value) of func, which must return a tensor with one element.

    argnums: which arguments to differentiate, and in that case a tuple of gradients for a tuple.
    has_aux: func returns (value, aux); the result is (gradient, (value, aux)).  Raises ShapeError
    for more than one element, RuntimeError for an integer tensor among what is differentiated.

    >>> import topograd as tg
    >>> tg.func.grad_and_value(lambda x: (x**2).sum())(tg.tensor([1.0, 2.0]))
    (tensor([2., 4.]), tensor(5.))
    """
    numbers = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    def run(*args: Any, **kwargs: Any) -> Any:
        for number in numbers:
            if not -len(args) <= number < len(args):
                raise IndexError(
                    f"grad: argnums {number} is out of range for {len(args)} arguments"
                )
        places = [number % len(args) for number in numbers]
        keep = _watched(*args)
        with tg.enable_grad():
            full = list(args)
            for place in places:
                full[place] = _tracked("grad", args[place])
            result = func(*full, **kwargs)
        value, aux = result if has_aux else (result, None)
        if not isinstance(value, Tensor) or value.numel() != 1:
            shape = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
            raise _C.ShapeError(
                f"grad: func must return a scalar (a tensor with one element), got {shape}"
            )
        wanted = _leaves([full[place] for place in places])
        keep = keep or _reaches_out(value, wanted)
        found: Sequence[Tensor | None] = [None] * len(wanted)
        if value.requires_grad:
            found = tg.autograd.grad(
                value,
                wanted,
                _C.ones(value.shape, dtype=value.dtype),
                create_graph=keep,
                allow_unused=True,
            )
        gradients = [
            tg.zeros_like(leaf) if g is None else g for leaf, g in zip(wanted, found, strict=True)
        ]
        trees = tuple(_rebuild(full[place], gradients) for place in places)
        gradient = trees[0] if isinstance(argnums, int) else trees
        final = _finish(value, keep)
        return _finish(gradient, keep), ((final, _finish(aux, keep)) if has_aux else final)

    return run


def grad(
    func: Callable[..., Any], argnums: int | tuple[int, ...] = 0, has_aux: bool = False
) -> Callable[..., Any]:
    """A function that gives the gradient of func, which must return a tensor with one element.

    Arguments as in `grad_and_value`; with has_aux the result is (gradient, aux).  Nests for higher
    order.

    >>> import topograd as tg
    >>> tg.func.grad(tg.func.grad(lambda x: x**3))(tg.tensor(2.0))
    tensor(12.)
    """
    both = grad_and_value(func, argnums, has_aux)

    def run(*args: Any, **kwargs: Any) -> Any:
        gradient, value = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return run


def jvp(
    func: Callable[..., Tree],
    primals: Sequence[Tree],
    tangents: Sequence[Tree],
    *,
    strict: bool = False,
    has_aux: bool = False,
) -> Any:
    """The value of func at primals, and its derivative in the direction of tangents (forward mode).

    Returns (output, tangent) — with has_aux, (output, tangent, aux).  tangents have the shapes of
    primals.  strict: raise RuntimeError where the output does not depend on the inputs, instead of
    giving zeros.  Raises ShapeError when shapes differ.

    >>> import topograd as tg
    >>> tg.func.jvp(lambda x: x**2, (tg.tensor(3.0),), (tg.tensor(1.0),))
    (tensor(9.), tensor(6.))
    """
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise TypeError("jvp: primals and tangents must be tuples")
    if len(primals) != len(tangents):
        raise ValueError(f"jvp: {len(primals)} primals but {len(tangents)} tangents")
    shapes = [[tuple(leaf.shape) for leaf in _leaves(tree)] for tree in (primals, tangents)]
    if len(shapes[0]) != len(shapes[1]):
        raise ValueError(f"jvp: primals have shapes {shapes[0]}, tangents {shapes[1]}")
    keep = _watched(*primals) or _watched(*tangents)
    with tg.enable_grad():
        inputs = tuple(_tracked("jvp", one) for one in primals)
        result = func(*inputs)
    output, aux = result if has_aux else (result, None)
    wanted = _leaves(inputs)
    pairs = [
        (leaf, t)
        for one, direction in zip(inputs, tangents, strict=True)
        for leaf, t in zip(_leaves(one), _leaves(direction), strict=True)
    ]
    for leaf, t in pairs:
        if leaf.shape != t.shape:
            raise _C.ShapeError(
                f"jvp: primal of shape {tuple(leaf.shape)}, tangent of shape {tuple(t.shape)}"
            )
    outputs = _leaves(output)
    keep = keep or _reaches_out(output, wanted)
    with tg.enable_grad():
        found = _C.tangents(outputs, wanted, [t.to(leaf.dtype) for leaf, t in pairs], keep)
    if strict and any(one is None for one in found):
        raise RuntimeError("jvp: an output does not depend on the inputs")
    directions = [tg.zeros_like(o) if t is None else t for o, t in zip(outputs, found, strict=True)]
    tangent = _finish(_rebuild(output, directions), keep)
    final = _finish(output, keep)
    return (final, tangent, aux) if has_aux else (final, tangent)


def functional_call(
    module: Any,
    parameter_and_buffer_dicts: dict[str, Tensor] | Sequence[dict[str, Tensor]],
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Calls a module with other tensors in the place of its parameters and buffers.

    parameter_and_buffer_dicts: the tensors by their names in `named_parameters()`,
    `named_buffers()`; one dictionary or several with different names.  tie_weights: a tensor given
    for one name of a shared parameter stands for its other names too (default).  strict: raise
    RuntimeError unless every parameter and buffer is given (default False).  Raises KeyError for an
    unknown name, ValueError for different tensors for the names of one shared parameter.

    >>> import topograd as tg
    >>> layer = tg.nn.Linear(2, 1, bias=False)
    >>> tg.func.functional_call(layer, {"weight": tg.ones(1, 2)}, (tg.tensor([1.0, 2.0]),))
    tensor([3.])
    """
    tensors = _merged(parameter_and_buffer_dicts)
    if strict:
        _expect_all(module, tensors)
    if tie_weights:
        tensors = _with_ties(module, tensors)
    before: list[tuple[dict[str, Any], str, Any]] = []
    try:
        for path, value in tensors.items():
            owner_path, _, name = path.rpartition(".")
            try:
                owner = module.get_submodule(owner_path)
            except AttributeError:
                owner = None
            if owner is None or (name not in owner._parameters and name not in owner._buffers):
                raise KeyError(f"functional_call: the module has no parameter or buffer '{path}'")
            place = owner.__dict__
            before.append((place, name, place[name]))
            place[name] = value
        given = () if args is None else args if isinstance(args, tuple) else (args,)
        return module(*given, **(kwargs or {}))
    finally:
        for place, name, old in reversed(before):
            place[name] = old


def _merged(dicts: dict[str, Tensor] | Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    merged: dict[str, Tensor] = {}
    for one in [dicts] if isinstance(dicts, dict) else dicts:
        twice = merged.keys() & one.keys()
        if twice:
            raise ValueError(f"{sorted(twice)} appeared in multiple dictionaries")
        merged.update(one)
    return merged


def _all_members(module: Any) -> dict[str, Tensor]:
    return {
        **dict(module.named_parameters(remove_duplicate=False)),
        **dict(module.named_buffers(remove_duplicate=False)),
    }


def _expect_all(module: Any, tensors: dict[str, Tensor]) -> None:
    """Raises RuntimeError unless each member is given, under one of its names."""
    members = _all_members(module)
    given = {id(member) for path, member in members.items() if path in tensors}
    missing = [path for path, member in members.items() if id(member) not in given]
    unexpected = [path for path in tensors if path not in members]
    if missing or unexpected:
        raise RuntimeError(
            f"Error(s) in functional_call: Unexpected key(s): {', '.join(unexpected)}. "
            f"Missing key(s): {', '.join(missing)}."
        )


def _with_ties(module: Any, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors, also under the other names of the members that they stand for."""
    members = _all_members(module)
    chosen: dict[int, Tensor] = {}
    for path, tensor in tensors.items():
        if path in members and chosen.setdefault(id(members[path]), tensor) is not tensor:
            raise ValueError(
                f"functional_call: different tensors are given for the names of one shared member, "
                f"among them '{path}'; pass tie_weights=False for that"
            )
    ties = {p: chosen[id(m)] for p, m in members.items() if id(m) in chosen}
    return {**tensors, **ties}


def __getattr__(name: str) -> object:
    if name in ("hessian", "jacfwd", "jacrev"):  # which use what is above
        from topograd import _jacobians

        return getattr(_jacobians, name)
    from topograd._absent import message

    raise AttributeError(message(name, "func"))
