"""Single operations: overhead on tiny tensors, elementwise and reductions, products, images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from measure import Case, Library, Work


def normal(library: Library, *shape: int, seed: int = 0, grad: bool = False) -> Any:
    """Return float32 standard normal numbers, the same for every library."""
    numbers = np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)
    return library.from_numpy(numbers).requires_grad_(grad)


def forward_backward(library: Library, work: Work, inputs: list[Any]) -> Work:
    """Return the work with the gradients of the sum of its result."""

    def run() -> Any:
        return library.autograd.grad(work().sum(), inputs)

    return run


# --- Tiny tensors: what a call costs before any arithmetic ----------------------------------------

TINY: dict[str, tuple[str, float]] = {
    "a + b": ("a + b", 0.15),
    "relu": ("a.relu()", 0.25),
    "exp": ("a.exp()", 0.25),
    "sum": ("a.sum()", 0.25),
    "sum dim keepdim": ("a.sum(dim=0, keepdim=True)", 0.25),
    "matmul": ("a @ b", 0.25),
    "index": ("a[1, 2]", 0.25),
    "slice": ("a[1:3]", 0.25),
    "reshape": ("a.reshape(2, 8)", 0.25),
    "transpose": ("a.transpose(0, 1)", 0.25),
}


def tiny(statement: str, grad: bool) -> Callable[[Library], tuple[str, dict[str, Any]]]:
    """Return the builder of a statement on two 4 × 4 tensors."""

    def build(library: Library) -> tuple[str, dict[str, Any]]:
        names = {name: normal(library, 4, 4, seed=i, grad=grad) for i, name in enumerate("ab")}
        return statement, names

    return build


def chain_forward(library: Library) -> Work:
    """Return a chain of 1000 recorded ops."""
    x = normal(library, 4, 4, grad=True)

    def run() -> Any:
        y = x
        for _ in range(1000):
            y = y * 1.0
        return y

    return run


def chain_backward(library: Library) -> Work:
    """Return the backward pass of a chain that stands already."""
    x = normal(library, 4, 4, grad=True)
    result = x
    for _ in range(1000):
        result = result * 1.0
    total = result.sum()

    def run() -> Any:
        return library.autograd.grad(total, [x], retain_graph=True)

    return run


def module_call(name: str) -> Callable[[Library], tuple[str, dict[str, Any]]]:
    """Return the builder of a call of a layer of 4 features on a 4 × 4 tensor."""

    def build(library: Library) -> tuple[str, dict[str, Any]]:
        layer = library.nn.Linear(4, 4) if name == "Linear" else library.nn.LayerNorm(4)
        with library.no_grad():
            for number, parameter in enumerate(layer.parameters()):
                parameter.copy_(normal(library, *parameter.shape, seed=number))
        return "layer(x)", {"layer": layer, "x": normal(library, 4, 4)}

    return build


OVERHEAD = [
    *(Case(f"{n}, 4×4", "tiny", tiny(s, False), t) for n, (s, t) in TINY.items()),
    *(
        Case(f"{n}, 4×4, recorded", "tiny", tiny(s, True), 0.2 if n == "a + b" else t)
        for n, (s, t) in TINY.items()
    ),
    Case("tensor([...])", "tiny", lambda m: ("f([1.0, 2.0, 3.0])", {"f": m.tensor}), 0.2),
    Case("zeros(4, 4)", "tiny", lambda m: ("f(4, 4)", {"f": m.zeros}), 0.2),
    Case("chain of 1000, forward, a node", "tiny", chain_forward, 0.25, units=1000),
    Case("chain of 1000, backward, a node", "tiny", chain_backward, 0.25, units=1000),
    Case("Linear call, 4×4", "tiny", module_call("Linear"), 0.3),
    Case("LayerNorm call, 4×4", "tiny", module_call("LayerNorm"), 0.3),
]

# --- Elementwise and rows -----------------------------------------------------------------------

ELEMENTWISE: dict[str, Callable[[Library, Any, Any], Any]] = {
    "add": lambda m, a, b: a + b,
    "relu": lambda m, a, b: m.relu(a),
    "exp": lambda m, a, b: m.exp(a),
    "tanh": lambda m, a, b: m.tanh(a),
    "gelu": lambda m, a, b: m.nn.functional.gelu(a),
    "softmax": lambda m, a, b: m.softmax(a, -1),
    "layer_norm": lambda m, a, b: m.nn.functional.layer_norm(a, (a.shape[-1],)),
    "dropout": lambda m, a, b: m.nn.functional.dropout(a, 0.5),
}
TARGETS: dict[int, dict[str, float]] = {
    10**5: {
        "add": 1.0,
        "exp": 0.4,
        "tanh": 0.12,
        "gelu": 0.8,
        "softmax": 0.5,
        "layer_norm": 0.6,
        "dropout": 0.05,
    },
    10**7: dict.fromkeys(["add", "relu", "exp", "gelu", "softmax", "layer_norm"], 0.25)
    | {"dropout": 0.05},
}


def elementwise(name: str, size: int) -> Case:
    """Return the case of one op on `size` elements in rows of 100 or 1000."""
    shape = (size // 100, 100) if size < 10**6 else (size // 1000, 1000)

    def build(library: Library) -> Work:
        a, b = normal(library, *shape), normal(library, *shape, seed=1)
        function = ELEMENTWISE[name]
        return lambda: function(library, a, b)

    target = TARGETS.get(size, {}).get(name)
    tolerance = None if name == "dropout" else 1e-4
    return Case(f"{name}, 1e{len(str(size)) - 1}", "elementwise", build, target, 1, tolerance)


def gated(library: Library) -> Work:
    """Return gelu(x · w + b) · sigmoid(x), forward and backward, on 1e7 elements."""
    x, w, b = (normal(library, 10_000, 1000, seed=i, grad=True) for i in range(3))

    def work() -> Any:
        return library.nn.functional.gelu(x * w + b) * library.sigmoid(x)

    return forward_backward(library, work, [x, w, b])


POINTWISE = [
    *(elementwise(name, size) for size in (10**3, 10**5, 10**7) for name in ELEMENTWISE),
    Case("gelu(x·w+b)·sigmoid(x), 1e7, with backward", "elementwise", gated, 0.25),
]

# --- Matrix products ----------------------------------------------------------------------------


def product(
    left: tuple[int, ...], right: tuple[int, ...], backward: bool = False
) -> Callable[[Library], Work]:
    """Return the builder of a matrix product, with its gradients if wanted."""

    def build(library: Library) -> Work:
        a = normal(library, *left, grad=backward)
        b = normal(library, *right, seed=1, grad=backward)
        if backward:
            return forward_backward(library, lambda: a @ b, [a, b])
        return lambda: a @ b

    return build


SQUARES = (64, 128, 256, 512, 1024, 2048)
PRODUCTS = [
    *(Case(f"matmul {n}³", "matmul", product((n, n), (n, n)), 0.48) for n in SQUARES),
    *(
        Case(f"matmul {n}³, with backward", "matmul", product((n, n), (n, n), True), 0.48)
        for n in SQUARES
    ),
    Case("matrix × vector 2048", "matmul", product((2048, 2048), (2048,)), 1.0),
    Case("skinny 8 × 4096 × 4096", "matmul", product((8, 4096), (4096, 4096)), 1.0),
    Case("skinny 4096 × 4096 × 8", "matmul", product((4096, 4096), (4096, 8)), 1.0),
    Case("deep 16 × 65536 × 16", "matmul", product((16, 65536), (65536, 16)), 1.0),
    Case("batched 64 × (64³)", "matmul", product((64, 64, 64), (64, 64, 64)), 0.4),
    Case("32×784 by 784×128, with backward", "matmul", product((32, 784), (784, 128), True), 0.5),
]

# --- Images and attention -----------------------------------------------------------------------


def convolution(
    image: tuple[int, ...], kernel: tuple[int, ...], **options: int
) -> Callable[[Library], Work]:
    """Return the builder of conv2d with its three gradients."""

    def build(library: Library) -> Work:
        x, weight = normal(library, *image, grad=True), normal(library, *kernel, seed=1, grad=True)
        bias = normal(library, kernel[0], seed=2, grad=True)

        def work() -> Any:
            return library.nn.functional.conv2d(x, weight, bias, **options)

        return forward_backward(library, work, [x, weight, bias])

    return build


def max_pool(library: Library) -> Work:
    """Return the 3 × 3 maximum with stride 2 of 8 images of 64 channels."""
    x = normal(library, 8, 64, 56, 56)
    return lambda: library.nn.functional.max_pool2d(x, 3, 2, 1)


def batch_norm(library: Library) -> Work:
    """Return batch normalisation with the batch's own statistics."""
    x, weight, bias = normal(library, 32, 64, 32, 32), library.ones(64), library.zeros(64)
    return lambda: library.nn.functional.batch_norm(x, None, None, weight, bias, training=True)


def attention(length: int, causal: bool) -> Callable[[Library], Work]:
    """Return the builder of attention, 4 × 8 heads of 64 features, forward and backward."""

    def build(library: Library) -> Work:
        inputs = [normal(library, 4, 8, length, 64, seed=i, grad=True) for i in range(3)]
        function = library.nn.functional.scaled_dot_product_attention
        return forward_backward(library, lambda: function(*inputs, is_causal=causal), inputs)

    return build


IMAGES = [
    Case("conv 5×5, 1→6, 64×28²", "conv2d", convolution((64, 1, 28, 28), (6, 1, 5, 5)), 0.3),
    Case(
        "conv 3×3, 16→32, 32×32²",
        "conv2d",
        convolution((32, 16, 32, 32), (32, 16, 3, 3), padding=1),
        1.0,
        tolerance=1e-3,
    ),
    Case(
        "conv 3×3, 3→64, 64×32²",
        "conv2d",
        convolution((64, 3, 32, 32), (64, 3, 3, 3), padding=1),
        0.5,
        tolerance=1e-3,
    ),
    Case(
        "conv 3×3, 256→256, 12×14²",
        "conv2d",
        convolution((12, 256, 14, 14), (256, 256, 3, 3), padding=1),
        1.0,
        tolerance=1e-3,
    ),
    Case(
        "conv 7×7/2, 3→64, 2×224²",
        "conv2d",
        convolution((2, 3, 224, 224), (64, 3, 7, 7), stride=2, padding=3),
        0.5,
        tolerance=1e-3,
    ),
    Case(
        "conv 1×1, 64→256, 8×56²",
        "conv2d",
        convolution((8, 64, 56, 56), (256, 64, 1, 1)),
        0.5,
        tolerance=1e-3,
    ),
    Case(
        "conv 3×3 depthwise, 64, 8×28²",
        "conv2d",
        convolution((8, 64, 28, 28), (64, 1, 3, 3), padding=1, groups=64),
        0.5,
    ),
    Case("max_pool2d 3×3/2, 8×64×56²", "conv2d", max_pool, 0.1),
    Case("batch_norm, 32×64×32²", "conv2d", batch_norm, 0.35),
    *(
        Case(
            f"attention T {length}{', causal' if causal else ''}, with backward",
            "attention",
            attention(length, causal),
            0.4,
            tolerance=1e-3,
        )
        for length in (256, 1024)
        for causal in (False, True)
    ),
]

CASES = [*OVERHEAD, *POINTWISE, *PRODUCTS, *IMAGES]
