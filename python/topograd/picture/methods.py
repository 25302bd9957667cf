"""`graph` as a method of tensors and modules, and what a graph shows of itself."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from topograd._C import Tensor

if TYPE_CHECKING:
    from types import FrameType

    from topograd.graph.recorded import Graph

__all__ = ["drawn", "graph_of_model", "named_graph", "notebook", "shown"]


def named_graph(outputs: tuple[Tensor, ...], frame: FrameType | None, models: Any = ()) -> Graph:
    """The graph of some tensors whose nodes know what the variables of a frame call them."""
    # What drawing needs is imported when something is drawn: `import topograd` stays quick.
    from topograd.graph.recorded import Graph
    from topograd.picture.names import variables

    graph = Graph(*outputs)
    graph._variables, graph._parameters = variables(graph._core, frame, models)
    return graph


def graph_of_model(model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Graph:
    """Runs a model and gives the graph of the tensors in its result."""
    from topograd import _C

    result = model(*args, **kwargs)
    found: list[Tensor] = []
    waiting = [result]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Tensor):
            if one.requires_grad:
                found.append(one)
        elif isinstance(one, dict):
            waiting.extend(reversed(list(one.values())))
        elif isinstance(one, (list, tuple)):
            waiting.extend(reversed(one))
    if not found:
        recording = "" if _C.is_grad_enabled() else ": nothing is recorded under no_grad()"
        raise RuntimeError(
            f"graph: the result of {type(model).__name__} has no tensor that requires grad"
            f"{recording}"
        )
    given = [(f"args[{i}]" if len(args) > 1 else "input", one) for i, one in enumerate(args)]
    owners = [("self", model)]
    graph = named_graph(tuple(found), None, [*owners, *given, *kwargs.items()])
    graph._variables = {i: name.removeprefix("self.") for i, name in graph._variables.items()}
    return graph


def drawn(graph: Graph, kind: str, path: Any, **options: Any) -> str:
    """The picture of that kind, written to a file if one is named."""
    from pathlib import Path

    from topograd.picture.dot import dot
    from topograd.picture.page import html
    from topograd.picture.scene import scene
    from topograd.picture.svg import svg

    text = {"svg": svg, "html": html, "dot": dot}[kind](scene(graph, **options))
    if path is not None:
        Path(path).write_text(text, encoding="utf-8")
    return text


def notebook(graph: Graph) -> str:
    """A page within a notebook's page, so that neither's style or names touch the other's."""
    from html import escape

    page = drawn(graph, "html", None)
    return (
        f'<iframe srcdoc="{escape(page)}" sandbox="allow-scripts" title="graph" '
        'style="width:100%;height:640px;border:1px solid #8886"></iframe>'
    )


def shown(graph: Graph) -> str:
    """Opens the page in a browser, or shows it in the notebook that is running; its file, or ''."""
    import tempfile
    import webbrowser
    from pathlib import Path

    shell = sys.modules.get("IPython")
    running = shell.get_ipython() if shell is not None else None
    if shell is not None and hasattr(running, "kernel"):
        shell.display.display(shell.display.HTML(notebook(graph)))
        return ""
    with tempfile.NamedTemporaryFile(
        "w", prefix="topograd-graph-", suffix=".html", delete=False, encoding="utf-8"
    ) as file:
        file.write(drawn(graph, "html", None))
    webbrowser.open(Path(file.name).as_uri())
    return file.name
