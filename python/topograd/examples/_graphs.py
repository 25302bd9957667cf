"""The graphs that are worked by hand: the formula, values for the inputs, and how it is built.

`worked` prints them, and their pictures are in docs/pictures.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import topograd as tg
from topograd._C import Tensor

Build = Callable[..., Tensor]


@dataclass(frozen=True)
class Example:
    """A graph to be built: `build` takes one tensor for each of `values`, by position."""

    formula: str
    values: dict[str, Any]
    build: Build

    def inputs(self) -> list[Tensor]:
        """Return the inputs, float64, each named after its keyword."""
        tensors = []
        for name, value in self.values.items():
            tensors.append(tg.tensor(value, dtype=tg.float64, requires_grad=True))
            tensors[-1].name = name
        return tensors


GRAPHS: dict[str, Example] = {}


def graph(formula: str, **values: Any) -> Callable[[Build], Build]:
    """Register a function that builds a graph from inputs of these values."""

    def register(build: Build) -> Build:
        GRAPHS[build.__name__] = Example(formula, values, build)
        return build

    return register


def named(**tensors: Tensor) -> Tensor:
    """Name one tensor after its keyword and return it."""
    ((name, tensor),) = tensors.items()
    tensor.name = name
    return tensor


@graph("e = (a + b) * c", a=7, b=3, c=2)
def tree(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    return named(e=named(d=a + b) * c)


@graph("f = (a + b**3) * c", a=7, b=3, c=2)
def power(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    return named(f=named(e=a + named(d=b**3)) * c)


@graph("f = (a + relu(b)) * c: relu lets the gradient pass", a=7, b=3, c=2)
def relu_passes(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    return named(f=named(e=a + named(d=b.relu())) * c)


@graph("f = (a + relu(b)) * c: relu stops the gradient", a=7, b=-3, c=2)
def relu_stops(a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    return named(f=named(e=a + named(d=b.relu())) * c)


@graph("e = (a + b) * b**3: two paths lead back to b", a=7, b=3)
def dag(a: Tensor, b: Tensor) -> Tensor:
    return named(e=named(c=a + b) * named(d=b**3))


@graph("y = 1 / x**2", x=2)
def inverse_square(x: Tensor) -> Tensor:
    return named(y=1 / named(z=x**2))


@graph("y = x / z, z = x**2", x=2)
def two_paths(x: Tensor) -> Tensor:
    return named(y=x / named(z=x**2))


@graph("f = ln(x1) + x1*x2 - sin(x2)", x1=2, x2=5)
def logarithm(x1: Tensor, x2: Tensor) -> Tensor:
    return named(f=named(s=named(l=x1.log()) + named(p=x1 * x2)) - named(n=x2.sin()))


@graph("f = x1*x2 + sin(x2)", x1=2, x2=5)
def sine(x1: Tensor, x2: Tensor) -> Tensor:
    return named(f=named(p=x1 * x2) + named(n=x2.sin()))


@graph("L = -log(1 / (1 + exp(-w·x)))", w=[0.5, -1], x=[2, 3])
def logistic_loss(w: Tensor, x: Tensor) -> Tensor:
    p = named(p=1 / named(u=1 + named(e=named(m=-named(s=w.dot(x))).exp())))
    return named(L=-named(l=p.log()))


@graph("L = mean((X w - y)**2)", X=[[1, 2], [3, 4], [5, 6]], w=[1, -1], y=[0, 1, 0])
def least_squares(x: Tensor, w: Tensor, y: Tensor) -> Tensor:
    return named(L=named(q=named(r=named(p=x @ w) - y) ** 2).mean())


@graph("y = xᵀ A x", x=[1, 2], A=[[1, 2], [3, 4]])
def quadratic_form(x: Tensor, a: Tensor) -> Tensor:
    return named(y=x.dot(named(p=a @ x)))


@graph("y = Σ xᵢ Aᵢⱼ xⱼ: the same, another graph", x=[1, 2], A=[[1, 2], [3, 4]])
def quadratic_form_by_elements(x: Tensor, a: Tensor) -> Tensor:
    return named(y=named(t=named(o=named(c=x.unsqueeze(1)) * x) * a).sum())


class Sum(tg.autograd.Function):
    """A sum of any number of scalars as one node."""

    @staticmethod
    def forward(ctx: Any, *terms: Tensor) -> Tensor:
        ctx.count = len(terms)
        return tg.stack(terms).sum()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, ...]:
        return tuple([gradient] * ctx.count)


@graph("y = xᵀ A x + bᵀ x + c, the sum as one node", x=[1, 2], A=[[1, 2], [3, 4]], b=[5, 6], c=7)
def quadratic_function(x: Tensor, a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    q, r = named(q=x.dot(named(p=a @ x))), named(r=b.dot(x))
    y: Tensor = Sum.apply(q, r, c)
    return named(y=y)


@graph(
    "y = V tanh(W x + b) + a",
    x=[1, 2],
    W=[[0.1, 0.2], [0.3, -0.4]],
    b=[0, 0.5],
    V=[[1, -1]],
    a=[0.25],
)
def two_layers(x: Tensor, w: Tensor, b: Tensor, v: Tensor, a: Tensor) -> Tensor:
    h = named(h=named(s=named(p=w @ x) + b).tanh())
    return named(y=named(q=v @ h) + a)


@graph(
    "L = -log(s[1] / sum(s)), s = exp(W2 relu(W1 x))",
    x=[1, 2],
    W1=[[1, -1], [0.5, 0.5]],
    W2=[[1, 1], [0, 2], [-1, 0.5]],
)
def classifier(x: Tensor, w1: Tensor, w2: Tensor) -> Tensor:
    s = named(s=named(h3=w2 @ named(h2=named(h1=w1 @ x).relu())).exp())
    return named(L=-named(l=named(p=named(sy=s[1]) / named(t=s.sum())).log()))


@graph(
    "next_h = tanh(Wx xᵀ + Wh prev_hᵀ), seeded with ones",
    x=[[1, 0.5]],
    prev_h=[[0.25, -0.5]],
    Wx=[[0.5, -1], [0, 1]],
    Wh=[[1, 0], [0.5, 0.5]],
)
def recurrent_cell(x: Tensor, h: Tensor, wx: Tensor, wh: Tensor) -> Tensor:
    p, q = named(p=wx @ named(xT=x.t())), named(q=wh @ named(hT=h.t()))
    return named(next_h=named(s=p + q).tanh())


@graph("hinge = max(0, 1 - y w·x)", w=[0.5, -0.25], x=[1, 1], y=1)
def hinge(w: Tensor, x: Tensor, y: Tensor) -> Tensor:
    return named(h=named(m=1 - named(p=y * named(s=w.dot(x)))).clamp(min=0))


@graph("L = ½‖w‖² - λ log p, p = 1 / (1 + exp(-y w·x)), λ = 2", w=[0.5, -0.25], x=[1, 1], y=1)
def regularised_logistic_regression(w: Tensor, x: Tensor, y: Tensor) -> Tensor:
    half = named(half=0.5 * named(n=w.dot(w)))
    m = named(m=-named(t=y * named(s=w.dot(x))))
    p = named(p=1 / named(u=1 + named(e=m.exp())))
    return named(L=half - named(k=2 * named(l=p.log())))


@graph("L = ½w·w + C Σ max(0, 1 - yᵢ w·xᵢ), C = 2", w=[0.5, -1], X=[[1, 1], [2, -1]], y=[1, -1])
def support_vector_machine(w: Tensor, x: Tensor, y: Tensor) -> Tensor:
    half = named(half=0.5 * named(n=w.dot(w)))
    slack = named(h=named(m=1 - named(p=y * named(s=x @ w))).clamp(min=0))
    return named(L=half + named(k=2 * named(t=slack.sum())))


@graph("y = x**3 - log(x)", x=2)
def cubic(x: Tensor) -> Tensor:
    return named(y=named(c=x**3) - named(l=x.log()))


@graph("y = d(x**3 - log(x))/dx, whose gradient is the second derivative", x=2)
def cubic_derivative(x: Tensor) -> Tensor:
    return derivative(cubic(x), x)


@graph("y = 1 / (1 + exp(-x))", x=0.5)
def sigmoid(x: Tensor) -> Tensor:
    return named(y=1 / named(u=1 + named(e=named(m=-x).exp())))


@graph("y = d(1 / (1 + exp(-x)))/dx, whose gradient is the second derivative", x=0.5)
def sigmoid_derivative(x: Tensor) -> Tensor:
    return derivative(sigmoid(x), x)


@graph("x = x + x, 60 times", x=1)
def doublings(x: Tensor) -> Tensor:
    for i in range(60):
        x = x + x
        x.name = f"x{i + 1}"
    return x


def derivative(y: Tensor, x: Tensor) -> Tensor:
    """Return dy/dx as a graph of its own: autograd makes the nodes, which have no names."""
    (slope,) = tg.autograd.grad(y, x, create_graph=True)
    slope.name = "slope"
    return slope
