"""Embedding: a table of vectors, looked up by index."""

from __future__ import annotations

from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.nn import functional as F
from topograd.nn import init
from topograd.nn.module import Module
from topograd.nn.parameter import Parameter


class Embedding(Module):
    """y[…] = weight[x[…]].

    x: integers in [0, num_embeddings), of any shape.  Returns (…, embedding_dim).  weight:
    (num_embeddings, embedding_dim), standard normal at first.  padding_idx: a row that is zero at
    first and gets no gradient.  max_norm: rows that are read and have a larger norm_type-norm are
    scaled down in place.  scale_grad_by_freq: divide a row's gradient by how often it was read.
    Gradients are dense.  Raises IndexError for an index out of range.

    >>> import topograd as tg
    >>> tuple(tg.nn.Embedding(10, 3)(tg.tensor([[1, 2], [3, 4]])).shape)
    (2, 2, 3)
    """

    weight: Parameter

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise ValueError(
                f"padding_idx must be within num_embeddings ({num_embeddings}), got {padding_idx}"
            )
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse
        table = _weight
        if table is None:
            table = tg.empty(num_embeddings, embedding_dim, device=device, dtype=dtype)
        if tuple(table.shape) != (num_embeddings, embedding_dim):
            raise ValueError(
                f"Embedding: expected a weight of shape {(num_embeddings, embedding_dim)}, "
                f"got {tuple(table.shape)}"
            )
        self.weight = Parameter(table, requires_grad=not _freeze)
        if _weight is None:
            self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws new initial values."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with tg.no_grad():
                self.weight[self.padding_idx].fill_(0)

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:
        """An embedding over a given table, not trained unless `freeze` is False.

        >>> import topograd as tg
        >>> table = tg.nn.Embedding.from_pretrained(tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
        >>> table(tg.tensor([1])).tolist()
        [[3.0, 4.0]]
        """
        if embeddings.ndim != 2:
            raise ValueError(
                f"from_pretrained: expected a 2-dimensional table, got {tuple(embeddings.shape)}"
            )
        return cls(
            embeddings.size(0),
            embeddings.size(1),
            padding_idx,
            max_norm,
            norm_type,
            scale_grad_by_freq,
            sparse,
            _weight=embeddings,
            _freeze=freeze,
        )

    def forward(self, input: Tensor) -> Tensor:
        return F.embedding(
            input,
            self.weight,
            self.padding_idx,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.sparse,
        )

    def extra_repr(self) -> str:
        text = f"{self.num_embeddings}, {self.embedding_dim}"
        if self.padding_idx is not None:
            text += f", padding_idx={self.padding_idx}"
        if self.max_norm is not None:
            text += f", max_norm={self.max_norm}"
        if self.norm_type != 2:
            text += f", norm_type={self.norm_type}"
        if self.scale_grad_by_freq:
            text += f", scale_grad_by_freq={self.scale_grad_by_freq}"
        if self.sparse:
            text += ", sparse=True"
        return text
