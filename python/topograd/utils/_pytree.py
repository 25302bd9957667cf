"""Nested containers taken apart and put together, under the names of `torch.utils._pytree`.

>>> from topograd.utils._pytree import tree_flatten, tree_map, tree_unflatten
>>> leaves, spec = tree_flatten({"a": [1, 2], "b": (3,)})
>>> leaves, tree_unflatten([10 * leaf for leaf in leaves], spec)
([1, 2, 3], {'a': [10, 20], 'b': (30,)})
>>> tree_map(lambda leaf: -leaf, (1, [2]))
(-1, [-2])
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

__all__ = ["TreeSpec", "tree_all", "tree_any", "tree_flatten", "tree_leaves", "tree_map"]
__all__ += ["tree_map_", "tree_map_only", "tree_structure", "tree_unflatten"]


class TreeSpec(NamedTuple):
    """How a container is built: its type, keys (or the type's arguments), and its parts.

    kind is None for a leaf.
    """

    kind: Any
    context: Any
    children: list[TreeSpec]

    @property
    def num_leaves(self) -> int:
        """How many leaves it takes."""
        return 1 if self.kind is None else sum(child.num_leaves for child in self.children)


_LEAF = TreeSpec(None, None, [])
IsLeaf = Callable[[Any], bool] | None


def _parts(tree: Any) -> tuple[Any, list[Any]] | None:
    """What else is needed to build a container, and its parts; None for a leaf."""
    kind = type(tree)
    if kind in (dict, OrderedDict):
        return list(tree), list(tree.values())
    if kind is defaultdict:
        return (tree.default_factory, list(tree)), list(tree.values())
    if kind is deque:
        return tree.maxlen, list(tree)
    if kind in (list, tuple) or (isinstance(tree, tuple) and hasattr(tree, "_fields")):
        return None, list(tree)
    return None


def tree_flatten(tree: Any, is_leaf: IsLeaf = None) -> tuple[list[Any], TreeSpec]:
    """The leaves in order, and the structure around them."""
    leaves: list[Any] = []

    def take(node: Any) -> TreeSpec:
        parts = None if is_leaf is not None and is_leaf(node) else _parts(node)
        if parts is None:
            leaves.append(node)
            return _LEAF
        return TreeSpec(type(node), parts[0], [take(child) for child in parts[1]])

    return leaves, take(tree)


def tree_unflatten(leaves: Iterable[Any], treespec: TreeSpec) -> Any:
    """The container of a structure with other leaves.  Raises ValueError for another number."""
    given = list(leaves)
    if len(given) != treespec.num_leaves:
        raise ValueError(
            f"tree_unflatten: the structure has {treespec.num_leaves} leaves, got {len(given)}"
        )
    rest = iter(given)

    def build(spec: TreeSpec) -> Any:
        if spec.kind is None:
            return next(rest)
        children = [build(child) for child in spec.children]
        if spec.kind in (dict, OrderedDict):
            return spec.kind(zip(spec.context, children, strict=True))
        if spec.kind is defaultdict:
            factory, keys = spec.context
            return defaultdict(factory, zip(keys, children, strict=True))
        if spec.kind is deque:
            return deque(children, spec.context)
        return spec.kind(*children) if hasattr(spec.kind, "_fields") else spec.kind(children)

    return build(treespec)


def tree_leaves(tree: Any, is_leaf: IsLeaf = None) -> list[Any]:
    """The leaves in order."""
    return tree_flatten(tree, is_leaf)[0]


def tree_structure(tree: Any, is_leaf: IsLeaf = None) -> TreeSpec:
    """The structure around the leaves."""
    return tree_flatten(tree, is_leaf)[1]


def tree_map(func: Callable[..., Any], tree: Any, *rests: Any, is_leaf: IsLeaf = None) -> Any:
    """The same container with func(leaf, …) at each place; rests have the structure of tree."""
    leaves, spec = tree_flatten(tree, is_leaf)
    others = [tree_leaves(rest, is_leaf) for rest in rests]
    return tree_unflatten([func(*each) for each in zip(leaves, *others, strict=True)], spec)


def tree_map_(func: Callable[..., Any], tree: Any, *rests: Any, is_leaf: IsLeaf = None) -> Any:
    """Calls func on every leaf for its effect, and returns the tree."""
    tree_map(func, tree, *rests, is_leaf=is_leaf)
    return tree


def tree_map_only(kinds: Any, func: Callable[[Any], Any], tree: Any, is_leaf: IsLeaf = None) -> Any:
    """tree_map that leaves alone what is not an instance of kinds."""
    return tree_map(lambda x: func(x) if isinstance(x, kinds) else x, tree, is_leaf=is_leaf)


def tree_all(pred: Callable[[Any], bool], tree: Any, is_leaf: IsLeaf = None) -> bool:
    """Whether pred holds for all leaves."""
    return all(map(pred, tree_leaves(tree, is_leaf)))


def tree_any(pred: Callable[[Any], bool], tree: Any, is_leaf: IsLeaf = None) -> bool:
    """Whether pred holds for a leaf."""
    return any(map(pred, tree_leaves(tree, is_leaf)))
