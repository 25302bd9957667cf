"""Layers of recurrent units over whole sequences.

The products of the input with the weights are recorded before the layer. They are taken back into
it; where that is not possible, ONNX's own are left a matrix that puts the gates into ONNX's order.
"""

from __future__ import annotations

import numpy as np

import topograd as tg
from topograd.onnx.builder import Unsupported
from topograd.onnx.call import Call, Rule
from topograd.onnx.dimensions import Size

__all__ = ["TABLE"]

# Where ONNX wants the gates, in PyTorch's order: i, f, g, o -> i, o, f, c; r, z, n -> z, r, h.
_LSTM, _GRU, _RNN = (0, 3, 1, 2), (1, 0, 2), (0,)


def _in_order(c: Call, name: str, order: tuple[int, ...], units: int) -> str:
    """The rows of a weight, or elements of a bias, of each gate in ONNX's order."""
    if len(order) == 1:
        return name
    rows = np.concatenate([np.arange(gate * units, (gate + 1) * units) for gate in order])
    return c.emit("Gather", name, c.ints(rows.tolist()), axis=0)


class _Layer:
    """What the three kinds of layers have in common."""

    def __init__(self, c: Call, order: tuple[int, ...]) -> None:
        self.c, self.order = c, order
        gates = c.operand("gates")
        (wide,) = c.static(gates.shape[-1:], "a number of units")
        self.wide, self.units = wide, wide // len(order)
        if c["batch_sizes"]:
            raise Unsupported("packed sequences; export with padded ones")
        self.single = len(gates.shape) == 2
        self.batch: Size = gates.shape[-2]
        self.steps: Size = 1 if self.single else gates.shape[0]
        source, weight, self.bias = self._products()
        self.x = c.emit("Unsqueeze", source, c.ints([0])) if self.single else source
        self.weight = c.emit("Unsqueeze", weight, c.ints([0]))
        state_weight = _in_order(c, c.x("weight"), order, self.units)
        self.state_weight = c.emit("Unsqueeze", state_weight, c.ints([0]))
        self.state = c.emit("Unsqueeze", c.x("state"), c.ints([0]))
        self.direction = "reverse" if c["reverse"] else "forward"

    def _products(self) -> tuple[str, str, str]:
        """The input, its weight and bias; the gates and a permutation where those are not known."""
        c = self.c
        made = c.maker("gates")
        if made is not None and made.op == "linear_bias":
            x, weight, bias = (c.of(made.arguments[k]) for k in ("input", "weight", "bias"))
            if len(x.shape) == len(c.operand("gates").shape) and len(bias.shape) == 1:
                rows = [_in_order(c, one.name, self.order, self.units) for one in (weight, bias)]
                return x.name, rows[0], rows[1]
        rows_of = [np.arange(gate * self.units, (gate + 1) * self.units) for gate in self.order]
        placing = np.eye(self.wide)[np.concatenate(rows_of)]
        matrix = tg.from_numpy(placing).to(c.dtype())
        return c.x("gates"), c.builder.initializer(matrix, "gates_in_order"), ""

    def biases(self, of_state: str = "") -> str:
        """Biases of the input and of the state side by side, '' where there are none."""
        if not self.bias and not of_state:
            return ""
        nothing = self.c.number([0.0] * self.wide)
        both = self.c.emit("Concat", self.bias or nothing, of_state or nothing, axis=0)
        return self.c.emit("Unsqueeze", both, self.c.ints([0]))

    def run(self, op: str, *more: str, bias: str = "", **attributes: object) -> str:
        """All states: (steps, batch, units), or those of the only step."""
        inputs = [self.x, self.weight, self.state_weight, bias, "", self.state, *more]
        outputs = self.c.emits(
            op,
            inputs,
            1,
            hidden_size=self.units,
            direction=self.direction,
            **attributes,
        )
        return self.shaped(outputs[0])

    def shaped(self, states: str) -> str:
        """(steps, 1, batch, units) without the direction, and without the step if only one."""
        return self.c.emit("Squeeze", states, self.c.ints([0, 1] if self.single else [1]))


def rnn(c: Call) -> str:
    layer = _Layer(c, _RNN)
    unit = "Relu" if c["relu"] else "Tanh"
    return layer.run("RNN", bias=layer.biases(), activations=[unit])


def gru(c: Call) -> list[str]:
    layer = _Layer(c, _GRU)
    of_state = _in_order(c, c.x("bias"), _GRU, layer.units) if c.has("bias") else ""
    return [layer.run("GRU", bias=layer.biases(of_state), linear_before_reset=1), ""]


def lstm(c: Call) -> list[str]:
    if c.has("projection"):
        raise Unsupported("an LSTM with proj_size, which ONNX does not have")
    layer = _Layer(c, _LSTM)
    cell = c.emit("Unsqueeze", c.x("cell"), c.ints([0]))
    if 1 not in c.needed:
        return [layer.run("LSTM", cell, bias=layer.biases()), "", ""]
    return _lstm_with_cells(c, layer)


def _lstm_with_cells(c: Call, layer: _Layer) -> list[str]:
    """The cells of the last step are an output of ONNX, those of the others are not."""
    cell = c.emit("Unsqueeze", c.x("cell"), c.ints([0]))
    states, _, last = c.emits(
        "LSTM",
        [layer.x, layer.weight, layer.state_weight, layer.biases(), "", layer.state, cell],
        3,
        hidden_size=layer.units,
        direction=layer.direction,
    )
    if layer.single:
        return [layer.shaped(states), c.emit("Squeeze", last, c.ints([0])), ""]
    # Only one step of these is read: the last of the direction. It stands at every step.
    cells = c.expand(last, [layer.steps, layer.batch, layer.units])
    return [layer.shaped(states), cells, ""]


TABLE: dict[str, Rule] = {
    "recurrent_rnn": rnn,
    "recurrent_gru": gru,
    "recurrent_lstm": lstm,
}
