"""Pictures of the worked graphs: `python -m topograd.examples._pictures docs/pictures` draws them.

Beside the folder of pictures a page of its name is written, which shows them all.
"""

from __future__ import annotations

import sys
from pathlib import Path

from topograd import _C
from topograd._C import Tensor
from topograd.examples._graphs import GRAPHS
from topograd.graph.recorded import Graph
from topograd.picture.scene import scene
from topograd.picture.svg import svg

__all__ = ["main", "page", "picture"]

HEAD = """# Pictures of the worked examples

Each picture is what `loss.graph().svg()` draws: a box per node with its value and its gradient,
`→ n` its place in the forward pass and `n ←` its place in the backward pass. What came back along
an edge stands at its arrowhead; where several edges leave a node, its gradient is written as their
sum. Inputs have round ends, the output has a double line. `loss.graph().html()` is the same as a
page that plays both passes. `python -m topograd.examples._pictures docs/pictures` writes the
pictures and this page; the graphs are those of `python -m topograd.examples.worked`.
"""

SENTENCES = {
    "tree": "A sum hands its gradient to both arguments, a product multiplies it by the other one.",
    "power": "The gradient that reaches b has passed the local derivative 3b² = 27 of the power.",
    "relu_passes": "A positive argument: relu lets the gradient through unchanged.",
    "relu_stops": "A negative argument: relu stops the gradient, and b's is 0.",
    "dag": "b is used twice, so what comes back along its two edges is added: 270 + 27 = 297.",
    "inverse_square": "With z = x² the chain rule gives -1/z² times 2x, which is -2/x³.",
    "two_paths": "x reaches y directly and through z; the sum of both paths is -1/x².",
    "logarithm": "Both inputs are used twice: 1/x1 + x2 and x1 - cos(x2).",
    "sine": "The gradients are x2, and x1 + cos(x2) as the sum of two paths.",
    "logistic_loss": "Step by step the backward pass arrives at -(1 - σ(w·x)) x for w.",
    "least_squares": "The gradient for w is (2/n) Xᵀ(Xw - y).",
    "quadratic_form": "The gradients are (A + Aᵀ)x and x xᵀ.",
    "quadratic_form_by_elements": "Another graph of the same function has the same gradients.",
    "quadratic_function": "One node sums three terms, and hands each the gradient it got.",
    "two_layers": "A network of two layers and all five of its gradients.",
    "classifier": "At h3 the gradient is softmax(h3) minus 1 at the right class.",
    "recurrent_cell": "One step of a recurrent network; the backward pass starts from ones.",
    "hinge": "Inside the margin the gradient for w is -y x, outside it is 0.",
    "regularised_logistic_regression": "The penalty and the data both pull at w; the pulls add up.",
    "support_vector_machine": "Only examples inside the margin send a gradient to w.",
    "cubic": "The first derivative is 3x² - 1/x.",
    "cubic_derivative": "The graph of the first derivative; its gradient at x is 6x + 1/x².",
    "sigmoid": "The first derivative is y (1 - y).",
    "sigmoid_derivative": "The graph of that derivative; its gradient at x is y (1 - y) (1 - 2y).",
    "doublings": "Sixty nodes with 2⁶⁰ paths: in the order of the graph each is visited once.",
}


def picture(name: str) -> str:
    """The picture of a worked example, without the lines of the program."""
    example = GRAPHS[name]
    result: Tensor = example.build(*example.inputs())
    graph = Graph(result)
    if result.numel() != 1:
        graph.backward([_C.ones(result.shape, dtype=result.dtype)])
    drawn = scene(graph, title=example.formula)
    for node in drawn.nodes:
        node.where = ""
    return svg(drawn)


def page(folder: str) -> str:
    """The page that shows the pictures in a folder beside it."""
    parts = [HEAD]
    for name, example in GRAPHS.items():
        title = example.formula.replace("*", r"\*").replace("_", r"\_")
        parts.append(f"\n## {title}\n\n{SENTENCES[name]}\n\n![{title}]({folder}/{name}.svg)\n")
    return "".join(parts)


def main(argv: list[str]) -> int:
    """Writes the pictures into the folder and the page beside it."""
    if len(argv) != 1 or argv[0].startswith("-"):
        print("usage: python -m topograd.examples._pictures FOLDER", file=sys.stderr)
        return 2
    folder = Path(argv[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name in GRAPHS:
        (folder / f"{name}.svg").write_text(picture(name), encoding="utf-8", newline="\n")
    text = page(folder.name)
    folder.with_name(f"{folder.name}.md").write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
