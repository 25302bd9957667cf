"""Recurrent layers over whole sequences."""

from __future__ import annotations

import math
import warnings
from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.nn import init
from topograd.nn.module import Module
from topograd.nn.parameter import Parameter
from topograd.nn.utils.rnn import PackedSequence

_FUNCTIONS = {"LSTM": "lstm", "GRU": "gru", "RNN_TANH": "rnn_tanh", "RNN_RELU": "rnn_relu"}
_GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}


class RNNBase(Module):
    """What RNN, LSTM and GRU share: weights by name, checks, and packed or unbatched input.

    mode: "RNN_TANH", "RNN_RELU", "LSTM" or "GRU"; the other arguments are those of `LSTM`.

    >>> import topograd as tg
    >>> [name for name, _ in tg.nn.RNNBase("GRU", 2, 3).named_parameters()]
    ['weight_ih_l0', 'weight_hh_l0', 'bias_ih_l0', 'bias_hh_l0']
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = dropout
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self._check_arguments()
        self.dropout = float(dropout)
        self._all_weights: list[list[str]] = []
        for layer in range(num_layers):
            for suffix in ("", "_reverse") if bidirectional else ("",):
                self._add_weights(layer, suffix, {"device": device, "dtype": dtype})
        self._flat_weights_names = [name for names in self._all_weights for name in names]
        self.reset_parameters()

    def _check_arguments(self) -> None:
        if self.mode not in _GATES:
            raise ValueError(f"Unrecognized RNN mode: {self.mode}; one of {sorted(_GATES)}")
        for name in ("input_size", "hidden_size", "num_layers"):
            value = getattr(self, name)
            if not isinstance(value, int):
                raise TypeError(f"{name} should be of type int, got: {type(value).__name__}")
            if value <= 0:
                raise ValueError(f"{name} must be greater than zero, got {value}")
        dropout: Any = self.dropout
        number = isinstance(dropout, (int, float)) and not isinstance(dropout, bool)
        if not number or not 0 <= dropout <= 1:
            raise ValueError(
                "dropout should be a number in range [0, 1] representing the probability of an "
                f"element being zeroed, got {dropout!r}"
            )
        if dropout > 0 and self.num_layers == 1:
            warnings.warn(
                f"dropout={dropout} acts between layers: it has no effect with num_layers=1",
                stacklevel=4,
            )
        if self.proj_size < 0:
            raise ValueError(
                f"proj_size should be positive, or zero for no projection, got {self.proj_size}"
            )
        if self.proj_size >= self.hidden_size:
            raise ValueError("proj_size has to be smaller than hidden_size")
        if self.proj_size > 0 and self.mode != "LSTM":
            raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")

    def _add_weights(self, layer: int, suffix: str, factory: dict[str, Any]) -> None:
        width = self._width
        rows = _GATES[self.mode] * self.hidden_size
        features = self.input_size if layer == 0 else width * self._directions
        shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, features)}
        shapes["weight_hh"] = (rows, width)
        if self.bias:
            shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
        if self.proj_size > 0:
            shapes["weight_hr"] = (width, self.hidden_size)
        named = {f"{name}_l{layer}{suffix}": shape for name, shape in shapes.items()}
        for name, shape in named.items():
            self.register_parameter(name, Parameter(tg.empty(*shape, **factory)))
        self._all_weights.append(list(named))

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def _width(self) -> int:
        """Of the states: proj_size, or hidden_size without projection."""
        return self.proj_size if self.proj_size > 0 else self.hidden_size

    @property
    def _flat_weights(self) -> list[Any]:
        return [getattr(self, name) for name in self._flat_weights_names]

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def flatten_parameters(self) -> None:
        """Nothing: the kernels take the parameters where they are. For programs that call it."""

    def reset_parameters(self) -> None:
        """Draws new initial values."""
        bound = 1 / math.sqrt(self.hidden_size)
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        defaults = {
            "proj_size": 0,
            "num_layers": 1,
            "bias": True,
            "batch_first": False,
            "dropout": 0.0,
            "bidirectional": False,
        }
        for name, default in defaults.items():
            if getattr(self, name) != default:
                text += f", {name}={getattr(self, name)}"
        return text

    # ------------------------------------------------------------------ checks

    def check_input(self, input: Tensor, batch_sizes: Tensor | None) -> None:
        """Raises unless the input, packed where there are batch_sizes, fits the layer."""
        kind = type(self).__name__
        ranks = (2,) if batch_sizes is not None else (2, 3)
        if input.ndim not in ranks:
            expected = "2D" if batch_sizes is not None else "2D or 3D"
            raise tg.ShapeError(
                f"{kind}: Expected input to be {expected}, got {input.ndim}D instead, of shape "
                f"{tuple(input.shape)}"
            )
        if input.shape[-1] != self.input_size:
            raise tg.ShapeError(
                f"{kind}: input.size(-1) must be equal to input_size. "
                f"Expected {self.input_size}, got {input.shape[-1]} in {tuple(input.shape)}"
            )
        dtype = getattr(self, self._flat_weights_names[0]).dtype
        if input.dtype != dtype and tg._C.get_autocast() is None:
            raise ValueError(
                f"{kind}: the input has dtype {input.dtype}, the weights {dtype}; convert the "
                f"input with .to({dtype}), or the layer"
            )

    def check_hidden_size(
        self, hx: Tensor, expected: tuple[int, ...], msg: str = "Expected hidden size {}, got {}"
    ) -> None:
        """Raises ShapeError unless a state has the shape that is expected."""
        if tuple(hx.shape) != expected:
            kind = type(self).__name__
            raise tg.ShapeError(f"{kind}: " + msg.format(expected, list(hx.shape)))

    def get_expected_hidden_size(
        self, input: Tensor, batch_sizes: Tensor | None
    ) -> tuple[int, int, int]:
        """The shape of h_0 for an input with a batch, packed where there are batch_sizes."""
        return self._state_shape(self._batch_of(input, batch_sizes), self._width)

    def get_expected_cell_size(
        self, input: Tensor, batch_sizes: Tensor | None
    ) -> tuple[int, int, int]:
        """The shape of c_0, likewise."""
        return self._state_shape(self._batch_of(input, batch_sizes), self.hidden_size)

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        """Raises unless input and initial states, with a batch, fit the layer."""
        self.check_input(input, batch_sizes)
        states = tuple(hidden) if isinstance(hidden, (tuple, list)) else (hidden,)
        self._check_states(states, True, self._batch_of(input, batch_sizes))

    def permute_hidden(self, hx: Any, permutation: Tensor | None) -> Any:
        """States with the batch in another order; as they are for None."""
        if permutation is None:
            return hx
        if isinstance(hx, (tuple, list)):
            return tuple(state.index_select(1, permutation) for state in hx)
        return hx.index_select(1, permutation)

    def _batch_of(self, input: Tensor, batch_sizes: Tensor | None) -> int:
        if batch_sizes is not None:
            return int(batch_sizes[0])
        return input.shape[0 if self.batch_first else 1]

    def _state_shape(self, batch: int, width: int) -> tuple[int, int, int]:
        return self.num_layers * self._directions, batch, width

    def _check_states(self, states: tuple[Tensor, ...], batched: bool, batch: int) -> None:
        kind = type(self).__name__
        names = "hx and cx" if len(states) == 2 else "hx"
        for state in states:
            if not isinstance(state, Tensor):
                raise TypeError(f"{kind}: expects {names} to be tensors, got {type(state)}")
        ranks = [state.ndim for state in states]
        rank = 3 if batched else 2
        if any(given != rank for given in ranks):
            raise tg.ShapeError(
                f"{kind}: For {'batched 3-D' if batched else 'unbatched 2-D'} input, {names} "
                f"should also be {rank}-D but got {ranks}"
            )
        for k, state in enumerate(states):
            shape = self._state_shape(batch, self.hidden_size if k == 1 else self._width)
            which = f"hidden[{k}]" if len(states) == 2 else "hidden"
            message = f"Expected {which} size {{}}, got {{}}"
            self.check_hidden_size(state, shape if batched else shape[::2], message)

    # ------------------------------------------------------------------ forward

    def _zeros(self, batch: int, like: Tensor) -> tuple[Tensor, ...]:
        widths = (self._width, self.hidden_size) if self.mode == "LSTM" else (self._width,)
        return tuple(tg.zeros(*self._state_shape(batch, w), dtype=like.dtype) for w in widths)

    def _call(
        self, input: Tensor, batch_sizes: Tensor | None, states: tuple[Tensor, ...]
    ) -> tuple[Tensor, ...]:
        """The function of this mode: (output, final states…)."""
        function = getattr(tg, _FUNCTIONS[self.mode])
        result: tuple[Tensor, ...] = function(
            *((input,) if batch_sizes is None else (input, batch_sizes)),
            list(states) if self.mode == "LSTM" else states[0],
            self._flat_weights,
            self.bias,
            self.num_layers,
            self.dropout,
            self.training,
            self.bidirectional,
            *((self.batch_first,) if batch_sizes is None else ()),
        )
        return result

    def _run(self, input: Any, states: tuple[Tensor, ...] | None) -> tuple[Any, tuple[Tensor, ...]]:
        """The output and the final states, for whatever kind of input."""
        if isinstance(input, PackedSequence):
            return self._run_packed(input, states)
        if not isinstance(input, Tensor):
            raise TypeError(
                f"{type(self).__name__}: expects a tensor or a PackedSequence, "
                f"got {type(input).__name__}"
            )
        self.check_input(input, None)
        batched = input.ndim == 3
        batch_dim = 0 if self.batch_first else 1
        batch = input.shape[batch_dim] if batched else 1
        if states is None:
            states = self._zeros(batch, input)
        else:
            self._check_states(states, batched, batch)
            if not batched:
                states = tuple(state.unsqueeze(1) for state in states)
        if not batched:
            input = input.unsqueeze(batch_dim)
        output, *finals = self._call(input, None, states)
        if not batched:
            output = output.squeeze(batch_dim)
            finals = [state.squeeze(1) for state in finals]
        return output, tuple(finals)

    def _run_packed(
        self, input: PackedSequence, states: tuple[Tensor, ...] | None
    ) -> tuple[PackedSequence, tuple[Tensor, ...]]:
        data, batch_sizes, order, back = input
        self.check_input(data, batch_sizes)
        batch = self._batch_of(data, batch_sizes)
        if states is None:
            states = self._zeros(batch, data)
        else:
            self._check_states(states, True, batch)
            states = self.permute_hidden(states, order)
        output, *finals = self._call(data, batch_sizes, states)
        packed = PackedSequence(output, batch_sizes, order, back)
        return packed, self.permute_hidden(tuple(finals), back)


class RNN(RNNBase):
    """A network of simple recurrent units: h = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu.

    input: (L, N, input_size), (N, L, input_size) with `batch_first`, (L, input_size) for a single
    sequence, or a PackedSequence.  hx: (D * num_layers, N, hidden_size), D = 2 if `bidirectional`
    and 1 if not; zeros by default.  Returns (output, h_n): the last layer's states at every step,
    (L, N, D * hidden_size), and the states of all layers after the last step, shaped as hx.
    dropout: probability, default 0, of dropping the outputs between layers in training.

    weight_ih_l0: (hidden_size, input_size), weight_hh_l0: (hidden_size, hidden_size), bias_ih_l0
    and bias_hh_l0: (hidden_size), all uniform on ±1/√hidden_size at first; those of further layers
    end in _l1 …, of the reverse direction in _reverse.  Source: Elman, 1990.

    >>> import topograd as tg
    >>> output, h_n = tg.nn.RNN(3, 4, num_layers=2)(tg.ones(5, 1, 3))
    >>> tuple(output.shape), tuple(h_n.shape)
    ((5, 1, 4), (2, 1, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(
                f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'."
            )
        super().__init__(
            f"RNN_{nonlinearity.upper()}",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            device,
            dtype,
        )
        self.nonlinearity = nonlinearity

    def forward(self, input: Any, hx: Tensor | None = None) -> tuple[Any, Tensor]:
        output, (h_n,) = self._run(input, None if hx is None else (hx,))
        return output, h_n


class GRU(RNNBase):
    """A network of gated recurrent units.

    r = sigmoid(W_ir x + b_ir + W_hr h + b_hr), z likewise, n = tanh(W_in x + b_in + r (W_hn h +
    b_hn)), and h becomes (1 - z) n + z h.  input, hx and what is returned: as for `RNN`.

    weight_ih_l0: (3 * hidden_size, input_size), weight_hh_l0: (3 * hidden_size, hidden_size),
    bias_ih_l0 and bias_hh_l0: (3 * hidden_size), r z n one below the other, all uniform on
    ±1/√hidden_size at first.  Source: Cho et al., 2014.

    >>> import topograd as tg
    >>> output, h_n = tg.nn.GRU(3, 4, bidirectional=True, batch_first=True)(tg.ones(1, 5, 3))
    >>> tuple(output.shape), tuple(h_n.shape)
    ((1, 5, 8), (2, 1, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "GRU",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            device,
            dtype,
        )

    def forward(self, input: Any, hx: Tensor | None = None) -> tuple[Any, Tensor]:
        output, (h_n,) = self._run(input, None if hx is None else (hx,))
        return output, h_n


class LSTM(RNNBase):
    """A network of long short-term memory.

    i = sigmoid(W_ii x + b_ii + W_hi h + b_hi), f and o likewise, g = tanh(…); the cell c becomes
    f c + i g, and the state h = o tanh(c), or W_hr o tanh(c) with proj_size > 0.  input: as for
    `RNN`.  hx: (h_0, c_0), (D * num_layers, N, P) and (D * num_layers, N, hidden_size), where P is
    proj_size if that is not 0, else hidden_size; zeros by default.  Returns (output, (h_n, c_n)).

    weight_ih_l0: (4 * hidden_size, input_size), weight_hh_l0: (4 * hidden_size, P), bias_ih_l0 and
    bias_hh_l0: (4 * hidden_size), i f g o one below the other, weight_hr_l0: (P, hidden_size), all
    uniform on ±1/√hidden_size at first.  Source: Hochreiter and Schmidhuber, 1997.

    >>> import topograd as tg
    >>> output, (h_n, c_n) = tg.nn.LSTM(3, 4, proj_size=2)(tg.ones(5, 1, 3))
    >>> tuple(output.shape), tuple(h_n.shape), tuple(c_n.shape)
    ((5, 1, 2), (1, 1, 2), (1, 1, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "LSTM",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            device,
            dtype,
        )

    def forward(
        self, input: Any, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Any, tuple[Tensor, Tensor]]:
        states: Any = hx
        if states is not None and (not isinstance(states, (tuple, list)) or len(states) != 2):
            raise TypeError(f"LSTM: expects hx to be (h_0, c_0), got {type(states).__name__}")
        output, (h_n, c_n) = self._run(input, None if states is None else tuple(states))
        return output, (h_n, c_n)
