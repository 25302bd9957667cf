"""Walks over a module and all below it, with an explicit stack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from topograd.nn.module import Module


def parents_first(
    root: Module, memo: set[Module] | None, prefix: str, remove_duplicate: bool
) -> Iterator[tuple[str, Module]]:
    """Dotted paths and modules; each once, or, without remove_duplicate, once for each path.

    Raises RecursionError if a module contains itself and has therefore no end of paths.
    """
    seen = set() if memo is None else memo
    above: set[Module] = set()  # the modules on the path from the root to the present one
    stack: list[tuple[str, Module, bool]] = [(prefix, root, True)]
    while stack:
        path, module, entering = stack.pop()
        if not entering:
            above.remove(module)
            continue
        if remove_duplicate:
            if module in seen:
                continue
            seen.add(module)
        elif module in above:
            name = type(module).__name__
            raise RecursionError(f"named_modules: {name} contains itself, as `{path}`")
        else:
            above.add(module)
            stack.append((path, module, False))
        yield path, module
        start = path + "." if path else ""
        for name, child in reversed(module._modules.items()):
            if child is not None:
                stack.append((start + name, child, True))


def children_first(root: Module) -> list[Module]:
    """Every module once, the children of each in their order before it, and the root last."""
    order: list[Module] = []
    seen = {root}
    stack = [(root, root.children())]
    while stack:
        module, children = stack[-1]
        child = next((child for child in children if child not in seen), None)
        if child is None:
            order.append(module)
            stack.pop()
        else:
            seen.add(child)
            stack.append((child, child.children()))
    return order
