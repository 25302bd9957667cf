"""Recurrent cells: one step, for programs that walk over the steps themselves."""

from __future__ import annotations

import math
from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.nn import init
from topograd.nn.module import Module
from topograd.nn.parameter import Parameter


class RNNCellBase(Module):
    """What RNNCell, LSTMCell and GRUCell share: weights for `num_chunks` gates, and checks.

    >>> import topograd as tg
    >>> tuple(tg.nn.RNNCellBase(2, 3, True, num_chunks=4).weight_ih.shape)
    (12, 2)
    """

    weight_ih: Parameter
    weight_hh: Parameter
    bias_ih: Parameter | None
    bias_hh: Parameter | None

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        num_chunks: int,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size
        shapes: dict[str, tuple[int, ...]] = {
            "weight_ih": (rows, input_size),
            "weight_hh": (rows, hidden_size),
            "bias_ih": (rows,),
            "bias_hh": (rows,),
        }
        for name, shape in shapes.items():
            present = bias or name.startswith("weight")
            value = Parameter(tg.empty(*shape, device=device, dtype=dtype)) if present else None
            self.register_parameter(name, value)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws new initial values."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0.0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        if not self.bias:
            text += f", bias={self.bias}"
        nonlinearity = getattr(self, "nonlinearity", "tanh")
        if nonlinearity != "tanh":
            text += f", nonlinearity={nonlinearity}"
        return text

    def _step(self, function: str, input: Tensor, states: tuple[Tensor, ...] | None) -> Any:
        """The next states of an input with or without a batch, as the function returns them."""
        kind = type(self).__name__
        if input.ndim not in (1, 2):
            raise tg.ShapeError(
                f"{kind}: Expected input to be 1D or 2D, got {input.ndim}D instead, of shape "
                f"{tuple(input.shape)}"
            )
        if input.shape[-1] != self.input_size:
            raise tg.ShapeError(
                f"{kind}: input has inconsistent input_size: got {input.shape[-1]} expected "
                f"{self.input_size}"
            )
        batched = input.ndim == 2
        shape = (*input.shape[:-1], self.hidden_size)
        lstm = function == "lstm_cell"
        if states is None:
            states = (tg.zeros(*shape, dtype=input.dtype),) * (2 if lstm else 1)
        for state in states:
            if tuple(state.shape) != shape:
                raise tg.ShapeError(
                    f"{kind}: Expected hidden states of shape {shape} for an input of shape "
                    f"{tuple(input.shape)}, got {tuple(state.shape)}"
                )
        if not batched:
            input = input.unsqueeze(0)
            states = tuple(state.unsqueeze(0) for state in states)
        given = list(states) if lstm else states[0]
        weights = (self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        result = getattr(tg, function)(input, given, *weights)
        if batched:
            return result
        return tuple(state.squeeze(0) for state in result) if lstm else result.squeeze(0)


class RNNCell(RNNCellBase):
    """One step of simple recurrent units: h = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu.

    input: (N, input_size) or (input_size).  hx: (N, hidden_size) or (hidden_size), zeros by
    default.  Returns the next hx.  weight_ih: (hidden_size, input_size), weight_hh: (hidden_size,
    hidden_size), bias_ih and bias_hh: (hidden_size), all uniform on ±1/√hidden_size at first.

    >>> import topograd as tg
    >>> tuple(tg.nn.RNNCell(3, 4)(tg.ones(2, 3)).shape)
    (2, 4)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(
                f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'."
            )
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        function = "rnn_tanh_cell" if self.nonlinearity == "tanh" else "rnn_relu_cell"
        result: Tensor = self._step(function, input, None if hx is None else (hx,))
        return result


class GRUCell(RNNCellBase):
    """One step of gated recurrent units (see `GRU`).

    input: (N, input_size) or (input_size).  hx: (N, hidden_size) or (hidden_size), zeros by
    default.  Returns the next hx.  weight_ih: (3 * hidden_size, input_size), weight_hh:
    (3 * hidden_size, hidden_size), bias_ih and bias_hh: (3 * hidden_size), all uniform on
    ±1/√hidden_size at first.

    >>> import topograd as tg
    >>> tuple(tg.nn.GRUCell(3, 4)(tg.ones(3)).shape)
    (4,)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        result: Tensor = self._step("gru_cell", input, None if hx is None else (hx,))
        return result


class LSTMCell(RNNCellBase):
    """One step of long short-term memory (see `LSTM`).

    input: (N, input_size) or (input_size).  hx: (h, c), each (N, hidden_size) or (hidden_size),
    zeros by default.  Returns the next (h, c).  weight_ih: (4 * hidden_size, input_size),
    weight_hh: (4 * hidden_size, hidden_size), bias_ih and bias_hh: (4 * hidden_size), all uniform
    on ±1/√hidden_size at first.

    >>> import topograd as tg
    >>> h, c = tg.nn.LSTMCell(3, 4)(tg.ones(2, 3))
    >>> tuple(h.shape), tuple(c.shape)
    ((2, 4), (2, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        states: Any = hx
        if states is not None and (not isinstance(states, (tuple, list)) or len(states) != 2):
            raise TypeError(f"LSTMCell: expects hx to be (h, c), got {type(states).__name__}")
        h, c = self._step("lstm_cell", input, None if states is None else tuple(states))
        return h, c
