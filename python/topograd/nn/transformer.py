"""The transformer of Vaswani et al., 2017: stacks of layers, and the whole."""

from __future__ import annotations

import copy
import math
from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.nn import functional as F
from topograd.nn import init
from topograd.nn.containers import ModuleList
from topograd.nn.module import Module
from topograd.nn.normalization import LayerNorm
from topograd.nn.transformer_layer import (
    Activation,
    TransformerDecoderLayer,
    TransformerEncoderLayer,
)


def _copies(layer: Module, count: int) -> ModuleList:
    return ModuleList([copy.deepcopy(layer) for _ in range(count)])


def _causal(hint: bool | None, mask: Tensor | None, length: int) -> bool:
    """The hint, or whether a mask that is not trained hides exactly the later positions."""
    if hint is not None or mask is None:
        return bool(hint)
    if tuple(mask.shape) != (length, length) or mask.requires_grad:
        return False
    later = tg.ones(length, length, dtype=tg.bool).triu(1)
    if mask.dtype == tg.bool:
        return tg.equal(mask, later)
    return tg.equal(mask, Transformer.generate_square_subsequent_mask(length, dtype=mask.dtype))


class TransformerEncoder(Module):
    """A stack of layers, one after the other: x = layer_n(… layer_1(x)), then norm(x).

    encoder_layer: copied num_layers times, initial values included.  norm: applied at the end if
    given.  enable_nested_tensor, mask_check: taken for PyTorch's sake, without effect: padding is
    computed along, where PyTorch may leave it out in eval mode and give zeros there.

    src: as the layer takes it.  Returns src's shape.

    >>> import topograd as tg
    >>> layer = tg.nn.TransformerEncoderLayer(8, 2, 16)
    >>> tuple(tg.nn.TransformerEncoder(layer, 2)(tg.ones(5, 3, 8)).shape)
    (5, 3, 8)
    """

    norm: Module | None

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        super().__init__()
        self.layers = _copies(encoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm
        self.enable_nested_tensor = enable_nested_tensor
        self.mask_check = mask_check

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        """is_causal: whether `mask` hides exactly the later positions; None looks at it."""
        causal = _causal(is_causal, mask, _length(src, self.layers))
        x = src
        for layer in self.layers:
            x = layer(x, src_mask=mask, src_key_padding_mask=src_key_padding_mask, is_causal=causal)
        return x if self.norm is None else self.norm(x)


class TransformerDecoder(Module):
    """A stack of layers that all attend to one memory: x = layer_n(… layer_1(x, m) …, m).

    decoder_layer: copied num_layers times, initial values included.  norm: applied at the end if
    given.

    tgt and memory: as the layer takes them.  Returns tgt's shape.

    >>> import topograd as tg
    >>> layer = tg.nn.TransformerDecoderLayer(8, 2, 16)
    >>> tuple(tg.nn.TransformerDecoder(layer, 2)(tg.ones(5, 3, 8), tg.ones(7, 3, 8)).shape)
    (5, 3, 8)
    """

    norm: Module | None

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = _copies(decoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """tgt_is_causal: whether tgt_mask hides exactly the later positions; None looks at it."""
        causal = _causal(tgt_is_causal, tgt_mask, _length(tgt, self.layers))
        x = tgt
        for layer in self.layers:
            x = layer(
                x,
                memory,
                tgt_mask=tgt_mask,
                memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=causal,
                memory_is_causal=memory_is_causal,
            )
        return x if self.norm is None else self.norm(x)


def _length(x: Tensor, layers: ModuleList) -> int:
    batch_first = len(layers) > 0 and getattr(
        getattr(layers[0], "self_attn", None), "batch_first", False
    )
    return x.size(1 if batch_first and x.ndim == 3 else 0)


class Transformer(Module):
    """An encoder of the source and a decoder of the target that attends to its result.

    y = decoder(tgt, encoder(src)); both end with a LayerNorm.

    d_model … bias: those of the layers.  num_encoder_layers, num_decoder_layers: how many.
    custom_encoder, custom_decoder: modules to use instead.  Parameters with two or more axes are
    Xavier-uniform at first.

    src: (S, N, d_model), tgt: (T, N, d_model), with `batch_first` N comes first, without a batch
    there is no N.  Returns tgt's shape.  Raises ShapeError when batches or features differ.
    Source: Vaswani et al., 2017.

    >>> import topograd as tg
    >>> model = tg.nn.Transformer(8, 2, 1, 1, 16)
    >>> mask = model.generate_square_subsequent_mask(4)
    >>> tuple(model(tg.ones(5, 3, 8), tg.ones(4, 3, 8), tgt_mask=mask).shape)
    (4, 3, 8)
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        custom_encoder: Any | None = None,
        custom_decoder: Any | None = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        of_layer = (
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

        def norm() -> LayerNorm:
            return LayerNorm(d_model, layer_norm_eps, bias=bias, device=device, dtype=dtype)

        if custom_encoder is None:
            layer = TransformerEncoderLayer(*of_layer)
            custom_encoder = TransformerEncoder(layer, num_encoder_layers, norm())
        if custom_decoder is None:
            custom_decoder = TransformerDecoder(
                TransformerDecoderLayer(*of_layer), num_decoder_layers, norm()
            )
        self.encoder = custom_encoder
        self.decoder = custom_decoder
        self.d_model = d_model
        self.nhead = nhead
        self.batch_first = batch_first
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        """Draws new initial values for everything with two or more axes."""
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """Masks as in TransformerEncoder and TransformerDecoder."""
        batch = 0 if self.batch_first else 1
        if src.ndim not in (2, 3) or tgt.ndim != src.ndim:
            raise tg.ShapeError(
                "Transformer: src and tgt must both have 2 or both have 3 axes, got "
                f"{tuple(src.shape)} and {tuple(tgt.shape)}"
            )
        if src.ndim == 3 and src.size(batch) != tgt.size(batch):
            raise tg.ShapeError(
                "Transformer: src and tgt must have the same batch, got "
                f"{tuple(src.shape)} and {tuple(tgt.shape)}"
            )
        if src.size(-1) != self.d_model or tgt.size(-1) != self.d_model:
            raise tg.ShapeError(
                f"Transformer: the last axis of src and tgt must be d_model = {self.d_model}, got "
                f"{tuple(src.shape)} and {tuple(tgt.shape)}"
            )
        memory = self.encoder(
            src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal
        )
        result: Tensor = self.decoder(
            tgt,
            memory,
            tgt_mask=tgt_mask,
            memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )
        return result

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """A mask to add, (sz, sz), that hides later positions: -inf above the diagonal, else 0.

        >>> import topograd as tg
        >>> tg.nn.Transformer.generate_square_subsequent_mask(2).tolist()
        [[0.0, -inf], [0.0, 0.0]]
        """
        return tg.full([sz, sz], -math.inf, device=device, dtype=dtype).triu(1)
