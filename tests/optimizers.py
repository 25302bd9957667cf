"""Every optimizer with its options, and a training run in topograd and in PyTorch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

Case = tuple[str, dict[str, Any]]

BETAS = {"betas": (0.7, 0.95), "eps": 1e-3}
# Elementwise update rules: what PyTorch computes is computed here, to the last digits.
CASES: list[Case] = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.01, "momentum": 0.5, "maximize": True}),
    ("Adam", {"lr": 0.1}),
    ("Adam", {"lr": 0.1, "weight_decay": 0.1, **BETAS}),
    ("Adam", {"lr": 0.1, "amsgrad": True}),
    ("Adam", {"lr": 0.1, "maximize": True, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("AdamW", {"lr": 0.1}),
    ("AdamW", {"lr": 0.1, "amsgrad": True, "weight_decay": 0.3}),
    ("Adamax", {"lr": 0.1}),
    ("Adamax", {"lr": 0.1, "weight_decay": 0.1, **BETAS}),
    ("Adamax", {"lr": 0.1, "maximize": True}),
    ("NAdam", {"lr": 0.1}),
    ("NAdam", {"lr": 0.1, "weight_decay": 0.1, "momentum_decay": 0.1, **BETAS}),
    ("NAdam", {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("NAdam", {"lr": 0.1, "maximize": True}),
    ("RAdam", {"lr": 0.1}),
    ("RAdam", {"lr": 0.1, "weight_decay": 0.1, **BETAS}),
    ("RAdam", {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("RAdam", {"lr": 0.1, "maximize": True}),
    ("Adadelta", {}),
    ("Adadelta", {"lr": 20.0, "rho": 0.7, "eps": 1e-4, "weight_decay": 0.1}),
    ("Adadelta", {"lr": 20.0, "maximize": True}),
    ("Adagrad", {"lr": 0.3}),
    ("Adagrad", {"lr": 0.3, "lr_decay": 0.1, "weight_decay": 0.1, "eps": 1e-3}),
    ("Adagrad", {"lr": 0.3, "initial_accumulator_value": 0.5, "maximize": True}),
    ("RMSprop", {"lr": 0.1}),
    ("RMSprop", {"lr": 0.1, "alpha": 0.8, "eps": 1e-3, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.01, "momentum": 0.8}),
    ("RMSprop", {"lr": 0.01, "centered": True}),
    ("RMSprop", {"lr": 0.01, "centered": True, "momentum": 0.8, "maximize": True}),
    ("Rprop", {}),
    ("Rprop", {"lr": 0.1, "etas": (0.3, 1.7), "step_sizes": (0.05, 0.3)}),
    ("Rprop", {"lr": 0.1, "maximize": True}),
    ("ASGD", {"lr": 0.1}),
    ("ASGD", {"lr": 0.1, "lambd": 0.1, "alpha": 0.5, "t0": 4.0, "weight_decay": 0.1}),
    ("ASGD", {"lr": 0.01, "maximize": True}),
    ("Adafactor", {"lr": 0.1}),
    ("Adafactor", {"lr": 0.1, "beta2_decay": -0.5, "eps": (0.1, 0.3), "weight_decay": 0.1}),
    ("Adafactor", {"lr": 0.1, "d": 1.5, "maximize": True}),
    # Few iterations: after many, near the minimum, rounding decides.
    ("LBFGS", {"max_iter": 2}),
    ("LBFGS", {"lr": 0.5, "max_iter": 3, "history_size": 2}),
    ("LBFGS", {"line_search_fn": "strong_wolfe", "max_iter": 2}),
    ("LBFGS", {"line_search_fn": "strong_wolfe", "max_iter": 3, "max_eval": 4, "lr": 3.0}),
]
NAMES = list(dict.fromkeys(name for name, _ in CASES)) + ["Muon"]


def start(dtype: str = "float64") -> list[np.ndarray]:
    generator = np.random.default_rng(7)
    parts = [generator.normal(size=(3, 4)), generator.normal(size=5)]
    if dtype.startswith("complex"):
        parts = [part + 1j * generator.normal(size=part.shape) for part in parts]
    return [part.astype(dtype) for part in parts]


def both(name: str, settings: dict[str, Any], dtype: str = "float64") -> Iterator[Any]:
    """The library, new parameters and the optimizer; topograd's first, then PyTorch's."""
    import torch

    import topograd as tg

    for library in (tg, torch):
        stored = "float32" if dtype == "bfloat16" else dtype
        parameters = [library.from_numpy(values) for values in start(stored)]
        parameters = [p.to(getattr(library, dtype)).requires_grad_() for p in parameters]
        yield library, parameters, getattr(library.optim, name)(parameters, **settings)


def loss_of(parameters: list[Any], step: int) -> Any:
    """A loss whose curvature differs from element to element; the last parameter rests at times."""
    a, b = (p.abs() if p.is_complex() else p for p in parameters)
    loss = ((a - 0.1 * step) ** 2).sum() + (a.sum() * 0.05) ** 2
    return loss + (b**4).sum() if step % 3 else loss


def as_numpy(x: Any) -> np.ndarray:
    x = x.detach()
    return (x if x.is_complex() or str(x.dtype).endswith("64") else x.float()).numpy().copy()


def train(optimizer: Any, parameters: list[Any], steps: range) -> list[np.ndarray]:
    """All parameters after each step."""
    trace = []
    for step in steps:

        def closure(step: int = step) -> Any:
            optimizer.zero_grad()
            loss = loss_of(parameters, step)
            loss.backward()
            return loss

        if type(optimizer).__name__ == "LBFGS":
            optimizer.step(closure)
        else:
            closure()
            optimizer.step()
        trace.append(np.concatenate([as_numpy(p).reshape(-1) for p in parameters]))
    return trace


def state_to(library: Any, value: Any) -> Any:
    """A state dictionary with its tensors as those of the other library."""
    if isinstance(value, dict):
        return {key: state_to(library, entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [state_to(library, entry) for entry in value]
    if hasattr(value, "detach"):
        return library.from_numpy(as_numpy(value)).to(
            getattr(library, str(value.dtype).split(".")[1])
        )
    return value
