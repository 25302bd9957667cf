"""The names of torch in a program, by following imports and aliases through its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

ROOTS = ("torch", "topograd")


class Use(NamedTuple):
    """A name in a program, and the keywords of its call if it is called.

    name: "torch.nn.Linear"; of a method that is called on some value, "Tensor.view".
    """

    name: str
    line: int
    keywords: tuple[str, ...] = ()


class Program(NamedTuple):
    """What a program uses: names below torch, methods, packages, and text that names a GPU."""

    names: list[Use]
    methods: list[Use]
    packages: list[Use]
    devices: list[Use]


def uses_of(source: str) -> Program:
    """All uses in a program, in the order of lines.  Raises SyntaxError.

    >>> from topograd.porting.uses import uses_of
    >>> program = uses_of("import torch.nn as nn; nn.Linear(1, 2, bias=False).double()")
    >>> program.names[1]
    Use(name='torch.nn.Linear', line=1, keywords=('bias',))
    >>> program.methods
    [Use(name='Tensor.double', line=1, keywords=())]
    """
    tree = ast.parse(source)
    nodes = sorted(_nodes(tree), key=lambda node: (getattr(node, "lineno", 0), 0))
    aliases, imported, packages = _imports(nodes)
    followed = _follow_assignments(nodes, aliases)
    for name in _other_meanings(nodes, followed):
        aliases.pop(name, None)
    called = {id(node.func): node for node in nodes if isinstance(node, ast.Call)}
    inner = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    names, methods = list(imported), []
    for node in nodes:
        if isinstance(node, (ast.Attribute, ast.Name)) and id(node) not in inner:
            names += _name_uses(node, aliases, called)
        if isinstance(node, ast.Attribute) and _dotted(node, aliases) is None:
            use = _method_use(node, called)
            if use is not None:
                methods.append(use)
        if isinstance(node, ast.Call):
            use = _named_by_text(node, aliases, called)
            if use is not None:
                (methods if use.name.startswith("Tensor.") else names).append(use)
    return Program(_by_line(names), _by_line(methods), packages, _by_line(_devices(nodes)))


def _by_line(uses: list[Use]) -> list[Use]:
    return sorted(uses, key=lambda use: use.line)


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    return ast.walk(tree)


def _imports(nodes: list[ast.AST]) -> tuple[dict[str, str], list[Use], list[Use]]:
    """Names that stand for something below torch, what imports use, and other packages."""
    aliases: dict[str, str] = {}
    uses: list[Use] = []
    packages: list[Use] = []
    for node in nodes:
        if isinstance(node, ast.Import):
            for name in node.names:
                root = name.name.partition(".")[0]
                if root in ROOTS:
                    full = "torch" + name.name[len(root) :]
                    aliases[name.asname or root] = full if name.asname else "torch"
                    uses.append(Use(full, node.lineno))
                else:
                    packages.append(Use(root, node.lineno))
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            root = node.module.partition(".")[0]
            if root not in ROOTS:
                packages.append(Use(root, node.lineno))
                continue
            base = "torch" + node.module[len(root) :]
            for name in node.names:
                full = base if name.name == "*" else f"{base}.{name.name}"
                uses.append(Use(full, node.lineno))
                if name.name != "*":
                    aliases[name.asname or name.name] = full
    return aliases, uses, packages


def _follow_assignments(nodes: list[ast.AST], aliases: dict[str, str]) -> set[int]:
    """`F = torch.nn.functional` makes another name; returns which nodes do.

    Only what can be a module or a class: not more than two dots.
    """
    followed: set[int] = set()
    for node in nodes:
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            continue
        target = node.targets[0]
        name = _dotted(node.value, aliases)
        if isinstance(target, ast.Name) and name is not None and name.count(".") <= 2:
            aliases.setdefault(target.id, name)
            followed.add(id(target))
    return followed


def _other_meanings(nodes: list[ast.AST], followed: set[int]) -> set[str]:
    """Names that stand for something else as well: `optim = optim.SGD(…)`, an argument `nn`.

    What they mean where is not known without running the program, so nothing is said about them.
    """
    found = set()
    for node in nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found |= {node.id} if id(node) not in followed else set()
        elif isinstance(node, ast.arg):
            found.add(node.arg)
    return found


def _dotted(node: ast.AST, aliases: dict[str, str]) -> str | None:
    """The full name that an expression of names and dots stands for, if it starts in torch."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in aliases:
        return None
    return ".".join([aliases[node.id], *reversed(parts)])


def _name_uses(
    node: ast.Attribute | ast.Name, aliases: dict[str, str], called: dict[int, ast.Call]
) -> list[Use]:
    name = _dotted(node, aliases)
    if name is None or name == "torch" or not isinstance(node.ctx, ast.Load):
        return []
    return [Use(name, node.lineno, _keywords(called.get(id(node))))]


def _method_use(node: ast.Attribute, called: dict[int, ast.Call]) -> Use | None:
    """A method or attribute of some value; not of self, whose class is the program's own."""
    if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
        return None
    call = called.get(id(node))
    # The end of the node is where the name stands, also in a chain over several lines.
    return Use(f"Tensor.{node.attr}", node.end_lineno or node.lineno, _keywords(call))


def _named_by_text(
    node: ast.Call, aliases: dict[str, str], called: dict[int, ast.Call]
) -> Use | None:
    """What getattr(torch, "name") and import_module("torch.name") get.

    With a default, getattr is for who can do without; a text that is put together is not followed.
    """
    function = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if isinstance(node.func, ast.Name) and node.func.id not in aliases:
        function = node.func.id
    words = [one.value if isinstance(one, ast.Constant) else None for one in node.args]
    if function in ("import_module", "__import__") and words:
        name = words[0]
        if isinstance(name, str) and name.partition(".")[0] in ROOTS:
            return Use("torch" + name[len(name.partition(".")[0]) :], node.lineno)
    if function != "getattr" or len(words) != 2 or not isinstance(words[1], str):
        return None
    name, owner, holder = words[1], _dotted(node.args[0], aliases), node.args[0]
    keywords = _keywords(called.get(id(node)))
    if owner is not None:
        return Use(f"{owner}.{name}", node.lineno, keywords)
    if isinstance(holder, ast.Name) and holder.id in ("self", "cls"):
        return None
    return Use(f"Tensor.{name}", node.lineno, keywords)


def _keywords(call: ast.Call | None) -> tuple[str, ...]:
    if call is None:
        return ()
    return tuple(keyword.arg for keyword in call.keywords if keyword.arg is not None)


def _devices(nodes: list[ast.AST]) -> list[Use]:
    """Texts such as "cuda:0" among the arguments of calls."""
    found = []
    for node in nodes:
        if isinstance(node, ast.Call):
            for value in [*node.args, *(keyword.value for keyword in node.keywords)]:
                for inner in ast.walk(value) if not isinstance(value, ast.Call) else [value]:
                    if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                        kind = inner.value.partition(":")[0]
                        if kind in ("cuda", "mps", "xpu"):
                            found.append(Use(inner.value, inner.lineno))
    return found
