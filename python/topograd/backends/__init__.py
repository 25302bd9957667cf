"""What PyTorch is built on, as switches: they can be set and read, and change nothing here."""

from __future__ import annotations

from topograd.backends import cuda, cudnn, mkl, mkldnn, mps, openmp, opt_einsum, quantized

__all__ = ["cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp", "opt_einsum", "quantized"]
