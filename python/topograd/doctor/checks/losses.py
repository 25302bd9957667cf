"""What is done to the outputs before and in the loss, seen in the recorded graph."""

from __future__ import annotations

from collections.abc import Iterator

from topograd.doctor.checks.registry import AT_BACKWARD, code
from topograd.doctor.events import Backward, Trace
from topograd.doctor.graphs import (
    CROSS_ENTROPY,
    LOG_SOFTMAX,
    NLL,
    SOFTMAX,
    SQUARES,
    WITH_LOGITS,
    argument,
    consumers,
    depends_on_parameters,
    source,
    value,
)
from topograd.doctor.report import Finding
from topograd.graph import Graph, GraphNode

broadcast = code(
    "loss-broadcast",
    "error",
    "predictions and targets are broadcast against each other, each with every other",
    "(N, 1) minus (N,) is (N, N): the loss then compares every prediction with every target, and "
    "the model learns the mean of the targets.",
    "make the shapes equal: predictions.squeeze(1), or targets.unsqueeze(1)",
)
softmax_twice = code(
    "softmax-before-cross-entropy",
    "error",
    "cross_entropy gets probabilities instead of logits",
    "cross_entropy applies log_softmax itself; a softmax before it flattens the gradients, and the "
    "loss cannot fall to 0.",
    "give it the output of the last linear layer, without softmax",
)
log_softmax_twice = code(
    "log-softmax-before-cross-entropy",
    "warning",
    "cross_entropy gets log-probabilities instead of logits",
    "cross_entropy applies log_softmax itself. Doing it twice changes nothing but the time.",
    "leave one of them out: logits with cross_entropy, or log_softmax with nll_loss",
)
sigmoid_twice = code(
    "sigmoid-before-logits-loss",
    "error",
    "binary_cross_entropy_with_logits gets probabilities instead of logits",
    "the loss applies the sigmoid itself; with two of them the probability stays between 0.5 and "
    "0.73.",
    "leave the sigmoid out, or use binary_cross_entropy",
)
nll_without_log = code(
    "nll-without-log",
    "error",
    "nll_loss gets something that is no log-probability",
    "nll_loss only picks out numbers; with anything but log-probabilities it has no lower bound or "
    "the wrong gradients.",
    "use log_softmax before nll_loss, or cross_entropy on the logits",
)
relu_logits = code(
    "relu-before-loss",
    "error",
    "the logits go through a ReLU before the loss",
    "a ReLU makes all logits at least 0: a class that must become unlikely gets no gradient.",
    "take the logits from the last linear layer, without an activation",
)
out_of_range = code(
    "target-out-of-range",
    "error",
    "the last activation cannot give the targets",
    "a sigmoid gives 0 to 1, tanh -1 to 1, a ReLU nothing below 0; targets outside are never "
    "reached.",
    "leave the last activation out, or scale the targets into its range",
)
over_batch = code(
    "softmax-over-batch",
    "error",
    "softmax is taken over the batch instead of the classes",
    "with dim=0 the probabilities of one class over all examples add up to 1, so that the examples "
    "of a batch depend on each other.",
    "use dim=1 (or -1)",
)


def _activation_before(node: GraphNode) -> GraphNode:
    return source(node.inputs[0])


def broadcasting(graph: Graph, event: Backward, trace: Trace) -> Iterator[Finding]:
    """Looks for (N, 1) against (N,), one of them data, the other below the parameters."""
    trained = depends_on_parameters(graph)
    for node in graph.nodes:
        if len(node.inputs) != 2 or len(node.shape) != 2 or node.op in ("matmul", "mm"):
            continue
        one, other = node.inputs
        shapes = sorted([tuple(one.shape), tuple(other.shape)], key=len)
        size = node.shape[0]
        crossed = shapes == [(size,), (size, 1)] and node.shape[1] == size > 1
        # Over all pairs on purpose: both sides come from the same place.
        if crossed and trained[one.index] != trained[other.index]:
            first, second = tuple(one.shape), tuple(other.shape)
            yield broadcast(
                node.where, f"{node.op} of {first} and {second} gives {tuple(node.shape)}"
            )


def doubled(graph: Graph, event: Backward, trace: Trace) -> Iterator[Finding]:
    """Looks for an activation before a loss that has it inside, or cannot do with it."""
    for node in graph.nodes:
        if node.op in CROSS_ENTROPY and node.inputs:
            before = _activation_before(node)
            if before.op in SOFTMAX or before.op == "sigmoid":
                name = "softmax" if before.op in SOFTMAX else "sigmoid"
                yield softmax_twice(before.where or node.where, f"{name} of {_goes(before, node)}")
            elif before.op in LOG_SOFTMAX:
                yield log_softmax_twice(before.where, f"log_softmax of {_goes(before, node)}")
            elif before.op == "relu":
                yield relu_logits(before.where, f"relu of {_goes(before, node)}")
        elif node.op in WITH_LOGITS:
            before = _activation_before(node)
            if before.op in {"sigmoid", *SOFTMAX}:
                yield sigmoid_twice(before.where, f"sigmoid of {_goes(before, node)}")
            elif before.op == "relu":
                yield relu_logits(before.where, f"relu of {_goes(before, node)}")


def _goes(before: GraphNode, loss: GraphNode) -> str:
    return f"shape {tuple(before.shape)} goes into the loss at {loss.where.rpartition('/')[2]}"


def no_log(graph: Graph, event: Backward, trace: Trace) -> Iterator[Finding]:
    """Looks for an nll_loss on numbers whose exponentials do not add up to 1."""
    for node in graph.nodes:
        if node.op not in NLL or not node.inputs or _activation_before(node).op in LOG_SOFTMAX:
            continue
        before = _activation_before(node)
        given = value(node.inputs[0])
        if given is None or given.ndim < 2:
            continue
        total = given.double().exp().sum(1)
        off = (total - 1).abs().max().item()
        if not off < 0.01:
            low, high = total.min().item(), total.max().item()
            yield nll_without_log(
                node.where,
                f"it comes from {before.op}; the exponentials of a row add up to {low:.3g} … "
                f"{high:.3g} instead of 1",
            )


def ranges(graph: Graph, event: Backward, trace: Trace) -> Iterator[Finding]:
    """Looks for targets of a squared error that the activation before it cannot give."""
    limits = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "relu": (0.0, float("inf"))}
    limits |= dict.fromkeys(SOFTMAX, (0.0, 1.0))
    trained = depends_on_parameters(graph)
    for node in graph.nodes:
        if len(node.inputs) != 2 or node.op not in {*SQUARES, "sub", "absolute_error"}:
            continue
        output, target = node.inputs if trained[node.inputs[0].index] else reversed(node.inputs)
        before = source(output)
        if before.op not in limits or source(target).op != "constant":
            continue
        wanted = value(target)
        if wanted is None or wanted.numel() == 0:
            continue
        low, high = limits[before.op]
        least, most = wanted.min().item(), wanted.max().item()
        if least < low - 0.01 or most > high + 0.01:
            yield out_of_range(
                before.where,
                f"{before.op.removesuffix('_along')} gives {low:g} to {high:g}, the targets are "
                f"{least:.3g} to {most:.3g}",
            )


def wrong_dim(graph: Graph, event: Backward, trace: Trace) -> Iterator[Finding]:
    """Looks for a softmax over dim 0 of a batch of rows, not within attention."""
    batch = trace.store.get("batch")
    for node in graph.nodes:
        if node.op not in SOFTMAX | LOG_SOFTMAX or len(node.shape) != 2:
            continue
        dim, (rows, columns) = argument(node, "dim"), node.shape
        if dim not in (0, -2) or columns < 2 or rows < 2:
            continue
        # A softmax whose result is multiplied by a matrix is attention over rows.
        attention = any(
            user.op in ("matmul", "mm", "bmm", "einsum") for user in consumers(graph)[node.index]
        )
        if not attention and (batch is None or rows == batch):
            yield over_batch(node.where, f"dim={dim} of {rows} rows and {columns} columns")


AT_BACKWARD += [broadcasting, doubled, no_log, ranges, wrong_dim]
