"""The layers of a transformer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from topograd._C import Tensor
from topograd.nn import functional as F
from topograd.nn.dropout import Dropout
from topograd.nn.linear import Linear
from topograd.nn.module import Module
from topograd.nn.multihead import MultiheadAttention
from topograd.nn.normalization import LayerNorm

Activation = str | Callable[[Tensor], Tensor]


def _activation(given: Activation) -> Callable[[Tensor], Tensor]:
    if not isinstance(given, str):
        return given
    if given not in ("relu", "gelu"):
        raise RuntimeError(f"activation must be 'relu', 'gelu' or a function, got {given!r}")
    function: Callable[[Tensor], Tensor] = F.relu if given == "relu" else F.gelu
    return function


class TransformerLayer(Module):
    """What encoder and decoder layers share: a chain of blocks, each added to its input.

    y = norm(x + dropout(block(x))), or with `norm_first` y = x + dropout(block(norm(x))).

    >>> import topograd as tg
    >>> isinstance(tg.nn.TransformerEncoderLayer(8, 2), TransformerLayer)
    True
    """

    linear1: Linear
    dropout: Dropout
    linear2: Linear
    norm1: LayerNorm
    norm2: LayerNorm
    dropout1: Dropout
    dropout2: Dropout
    self_attn: MultiheadAttention

    def _build(
        self,
        attentions: tuple[str, ...],
        d_model: int,
        nhead: int,
        dim_feedforward: int,
        dropout: float,
        activation: Activation,
        layer_norm_eps: float,
        batch_first: bool,
        norm_first: bool,
        bias: bool,
        device: Any,
        dtype: Any,
    ) -> None:
        """Makes the parts in the order of PyTorch's state_dict."""
        for name in attentions:
            attention = MultiheadAttention(
                d_model,
                nhead,
                dropout=dropout,
                bias=bias,
                batch_first=batch_first,
                device=device,
                dtype=dtype,
            )
            setattr(self, name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, bias=bias, device=device, dtype=dtype)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias=bias, device=device, dtype=dtype)
        self.norm_first = norm_first
        blocks = range(1, len(attentions) + 2)
        for number in blocks:
            norm = LayerNorm(d_model, layer_norm_eps, bias=bias, device=device, dtype=dtype)
            setattr(self, f"norm{number}", norm)
        for number in blocks:
            setattr(self, f"dropout{number}", Dropout(dropout))
        self.activation = _activation(activation)

    def _add(self, x: Tensor, norm: Module, block: Callable[[Tensor], Tensor]) -> Tensor:
        """Adds a block to its input; the block ends with its dropout."""
        if self.norm_first:
            return x + block(norm(x))
        result: Tensor = norm(x + block(x))
        return result

    def _sa_block(
        self,
        x: Tensor,
        attn_mask: Tensor | None,
        key_padding_mask: Tensor | None,
        is_causal: bool = False,
    ) -> Tensor:
        """Self-attention."""
        attended = self.self_attn(x, x, x, key_padding_mask, False, attn_mask, is_causal=is_causal)[
            0
        ]
        result: Tensor = self.dropout1(attended)
        return result

    def _feed_forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.linear2(self.dropout(self.activation(self.linear1(x))))
        return result


class TransformerEncoderLayer(TransformerLayer):
    """Self-attention, then a feed-forward network, each added to its input and normalized.

    x = norm1(x + dropout1(self_attn(x, x, x))), then x = norm2(x + dropout2(linear2(dropout(
    activation(linear1(x)))))); with `norm_first` the norms are applied to what enters the blocks:
    x + dropout1(self_attn(norm1(x), …)) and so on.

    d_model: features of x.  nhead: heads of attention.  dim_feedforward: features between the two
    linear maps.  activation: 'relu' (default), 'gelu' or a function.  layer_norm_eps: of the norms.
    bias: of all linear maps and norms.  batch_first: x is (N, S, d_model) instead of (S, N,
    d_model); without a batch it is (S, d_model).  Returns x's shape.  Parameters are those of
    MultiheadAttention, Linear and LayerNorm, with their initial values.  Raises RuntimeError for
    another activation, ValueError if nhead does not divide d_model.  Source: Vaswani et al., 2017;
    norms first: Xiong et al., 2020.

    >>> import topograd as tg
    >>> layer = tg.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    >>> tuple(layer(tg.ones(3, 5, 8)).shape)
    (3, 5, 8)
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self._build(
            ("self_attn",),
            d_model,
            nhead,
            dim_feedforward,
            dropout,
            activation,
            layer_norm_eps,
            batch_first,
            norm_first,
            bias,
            device,
            dtype,
        )

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """Masks are MultiheadAttention's; is_causal: position i sees 0 … i."""
        x = self._add(
            src,
            self.norm1,
            lambda x: self._sa_block(x, src_mask, src_key_padding_mask, is_causal),
        )
        return self._add(x, self.norm2, self._ff_block)

    def _ff_block(self, x: Tensor) -> Tensor:
        result: Tensor = self.dropout2(self._feed_forward(x))
        return result


class TransformerDecoderLayer(TransformerLayer):
    """Self-attention, attention to a memory, then a feed-forward network.

    Each is added to its input and normalized as in TransformerEncoderLayer, whose arguments these
    are; the memory is the key and the value of `multihead_attn`.

    tgt: (T, N, d_model), memory: (S, N, d_model), with `batch_first` N comes first, without a batch
    there is no N.  Returns tgt's shape.  Raises as TransformerEncoderLayer.  Source: Vaswani et
    al., 2017.

    >>> import topograd as tg
    >>> layer = tg.nn.TransformerDecoderLayer(8, 2, 16, batch_first=True)
    >>> tuple(layer(tg.ones(3, 5, 8), tg.ones(3, 7, 8)).shape)
    (3, 5, 8)
    """

    multihead_attn: MultiheadAttention
    norm3: LayerNorm
    dropout3: Dropout

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self._build(
            ("self_attn", "multihead_attn"),
            d_model,
            nhead,
            dim_feedforward,
            dropout,
            activation,
            layer_norm_eps,
            batch_first,
            norm_first,
            bias,
            device,
            dtype,
        )

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Masks are MultiheadAttention's, those of `memory` for the attention to it."""
        x = self._add(
            tgt,
            self.norm1,
            lambda x: self._sa_block(x, tgt_mask, tgt_key_padding_mask, tgt_is_causal),
        )
        x = self._add(
            x,
            self.norm2,
            lambda x: self._mha_block(
                x, memory, memory_mask, memory_key_padding_mask, memory_is_causal
            ),
        )
        return self._add(x, self.norm3, self._ff_block)

    def _mha_block(
        self,
        x: Tensor,
        mem: Tensor,
        attn_mask: Tensor | None,
        key_padding_mask: Tensor | None,
        is_causal: bool = False,
    ) -> Tensor:
        """Attention to the memory."""
        attended = self.multihead_attn(
            x, mem, mem, key_padding_mask, False, attn_mask, is_causal=is_causal
        )[0]
        result: Tensor = self.dropout2(attended)
        return result

    def _ff_block(self, x: Tensor) -> Tensor:
        result: Tensor = self.dropout3(self._feed_forward(x))
        return result
