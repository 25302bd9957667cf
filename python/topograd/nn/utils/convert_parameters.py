"""`parameters_to_vector` and back, under the name of PyTorch's module."""

from __future__ import annotations

from topograd.nn.utils.vector import parameters_to_vector, vector_to_parameters

__all__ = ["parameters_to_vector", "vector_to_parameters"]
