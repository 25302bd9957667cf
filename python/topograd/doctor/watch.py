"""Watching a step: what the library calls is noted while a `Watch` is entered, and only then."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from types import TracebackType
from typing import Any

import topograd as tg
from topograd import _C
from topograd._C import Tensor
from topograd.doctor.events import (
    Backward,
    Change,
    Clip,
    Cut,
    Event,
    Forward,
    Step,
    Trace,
    ZeroGrad,
)
from topograd.doctor.graphs import rms
from topograd.doctor.lines import called_by_user, here
from topograd.doctor.snapshot import Snapshot
from topograd.graph import Graph
from topograd.nn.module import Module
from topograd.nn.modules.module import (
    register_module_forward_hook,
    register_module_forward_pre_hook,
)
from topograd.nn.utils import clip
from topograd.optim.hooks import (
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)
from topograd.optim.optimizer import Optimizer

# Methods whose result has no history, and what to call them; `to` and `type` only with integers.
CUTS = {
    "detach": ".detach()",
    "detach_": ".detach_()",
    "item": ".item()",
    "tolist": ".tolist()",
    "numpy": ".numpy()",
    "long": "the cast to integers .long()",
    "int": "the cast to integers .int()",
    "argmax": ".argmax()",
    "to": "a cast to integers",
    "data": ".data",
    "__float__": "float()",
    "__array__": "the conversion to NumPy",
}
LookAt = Callable[[Graph, Backward], None]


class _KeptByGraph:
    """A hook that does nothing: it lives as long as the node that it hangs on."""

    def __call__(self, *_: Any) -> None:
        return None


def tensors_in(values: Iterable[Any]) -> list[Tensor]:
    """The tensors among arguments, also in lists and tuples."""
    found: list[Tensor] = []
    for one in values:
        if isinstance(one, Tensor):
            found.append(one)
        elif isinstance(one, (list, tuple)):
            found += [part for part in one if isinstance(part, Tensor)]
    return found


def _with_own(base: type, name: str) -> list[type]:
    """A class and its subclasses, of these those that define a method themselves."""
    found: dict[type, None] = {}
    waiting = [base]
    while waiting:
        kind = waiting.pop()
        if kind not in found:
            found[kind] = None
            waiting += kind.__subclasses__()
    return [kind for kind in found if name in vars(kind)]


class Watch:
    """Notes what happens in a trace. look_at: is called with the graph of each backward pass."""

    def __init__(self, trace: Trace, snapshot: Snapshot, look_at: LookAt) -> None:
        self._trace = trace
        self._snapshot = snapshot
        self._look_at = look_at
        self._depth = 0
        self._before: dict[int, list[tuple[Tensor, Tensor, float | None]]] = {}
        self._stack = ExitStack()
        self._busy = False

    def __enter__(self) -> Watch:
        with ExitStack() as stack:
            stack.enter_context(register_module_forward_pre_hook(self._forward_begins))
            hook = register_module_forward_hook(self._forward_ends, always_call=True)
            stack.enter_context(hook)
            stack.enter_context(register_optimizer_step_pre_hook(self._step_begins))
            stack.enter_context(register_optimizer_step_post_hook(self._step_ends))
            self._replace(stack, Tensor, "backward", self._backward)
            self._replace(stack, _C, "backward", self._backward)
            self._replace(stack, _C, "grad", self._grad)
            for owner in [*_with_own(Optimizer, "zero_grad"), *_with_own(Module, "zero_grad")]:
                self._replace(stack, owner, "zero_grad", self._zero_grad)
            self._replace(stack, clip, "_gradients", self._clip)
            for name, how in CUTS.items():
                self._replace_cut(stack, name, how)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @staticmethod
    def _replace(stack: ExitStack, owner: Any, name: str, around: Callable[..., Any]) -> None:
        """Puts `around(original, *args)` in the place of a function until the stack is closed."""
        original = vars(owner)[name]
        bound = hasattr(original, "__get__") and isinstance(owner, type)

        def call(*args: Any, **kwargs: Any) -> Any:
            if bound:
                method = original.__get__(args[0], type(args[0]))
                return around(lambda _, *rest, **named: method(*rest, **named), *args, **kwargs)
            return around(original, *args, **kwargs)

        setattr(owner, name, call)
        stack.callback(setattr, owner, name, original)

    def _replace_cut(self, stack: ExitStack, name: str, how: str) -> None:
        original = vars(Tensor)[name]

        def note(tensor: Tensor, result: Any) -> None:
            integers = name != "to" or not result.requires_grad
            if tensor.requires_grad and integers and not self._busy:
                self._add(Cut(self._trace.call, here(), how, tensor))

        def method(self: Tensor, *args: Any, **kwargs: Any) -> Any:
            result = original.__get__(self, type(self))(*args, **kwargs)
            if called_by_user():
                note(self, result)
            return result

        def read(self: Tensor) -> Any:
            if called_by_user():
                note(self, None)
            return original.__get__(self, type(self))

        def write(self: Tensor, value: Any) -> None:
            original.__set__(self, value)

        setattr(Tensor, name, property(read, write) if name == "data" else method)
        stack.callback(setattr, Tensor, name, original)

    def _add(self, event: Event) -> None:
        self._trace.events.append(event)

    # Modules --------------------------------------------------------------------------------------

    def _forward_begins(self, module: Module, args: tuple[Any, ...]) -> None:
        if self._depth == 0:
            self.module(module)
        self._depth += 1

    def module(self, module: Any) -> None:
        """A module that no other module called."""
        self._snapshot.module(module)
        for one in module.parameters():
            self._trace.versions.setdefault(id(one), one._version)
        inside = any(module is part for other in self._trace.modules for part in other.modules())
        if not inside:
            below = {id(part) for part in module.modules()}
            others = [one for one in self._trace.modules if id(one) not in below]
            self._trace.modules[:] = [*others, module]

    def _forward_ends(self, module: Module, args: tuple[Any, ...], output: Any) -> None:
        self._depth -= 1
        recording = _C.is_grad_enabled()
        event = Forward(self._trace.call, here(), module, self._depth, module.training, recording)
        if self._depth == 0 or any(True for _ in module.parameters(recurse=False)):
            event.inputs = tensors_in(args)
        if self._depth == 0:
            outputs = output if isinstance(output, (list, tuple)) else (output,)
            event.outputs = tensors_in(outputs)
        self._add(event)

    # Backward passes ------------------------------------------------------------------------------

    def _grad(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self._trace.store["grad calls"] = True
        return original(*args, **kwargs)

    def _backward(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if not self._busy:
            self._busy = True
            try:
                self._note_pass(tensors_in([args[0] if args else kwargs.get("tensors")]))
            finally:
                self._busy = False
        return original(*args, **kwargs)

    def _note_pass(self, tensors: list[Tensor]) -> None:
        roots = [one for one in tensors if one.grad_fn is not None]
        if not roots:  # an error follows
            return
        scalar = roots[0].numel() == 1
        loss = float(roots[0].item()) if scalar else float("nan")
        event = Backward(self._trace.call, here(), loss, scalar, self._held())
        self._add(event)
        self._look_at(Graph(*roots), event)
        self._mark(roots[0])

    def _held(self) -> dict[int, float]:
        """The sizes of the gradients that parameters already have."""
        known = {key: one for key, (_, one) in self._trace.parameters().items()}
        known.update(self._trace.optimized())
        return {
            key: rms(one.grad) for key, one in known.items() if one.is_leaf and one.grad is not None
        }

    def _mark(self, loss: Tensor) -> None:
        """Hangs something on the node of a loss that tells whether the node still lives."""
        hook = _KeptByGraph()
        self._trace.kept.append((self._trace.call, weakref.ref(hook)))
        node: Any = loss.grad_fn
        node.register_hook(hook)

    # Gradients and steps --------------------------------------------------------------------------

    def _zero_grad(self, original: Callable[..., Any], owner: Any, *args: Any, **kw: Any) -> Any:
        if isinstance(owner, Module):
            parameters = {id(one) for one in owner.parameters()}
        else:
            self.optimizer(owner)
            parameters = {id(one) for group in owner.param_groups for one in group["params"]}
        self._add(ZeroGrad(self._trace.call, here(), parameters))
        return original(owner, *args, **kw)

    def _clip(self, original: Callable[..., Any], op: str, tensors: Any) -> Any:
        listed = [tensors] if isinstance(tensors, Tensor) else list(tensors)
        gradients: list[Tensor] = original(op, listed)
        ids = {id(one) for one in listed}
        self._add(Clip(self._trace.call, here(), ids, len(gradients)))
        return gradients

    def optimizer(self, optimizer: Any) -> None:
        """An optimizer that steps or forgets gradients."""
        self._snapshot.optimizer(optimizer)
        for group in optimizer.param_groups:
            for one in group["params"]:
                self._trace.versions.setdefault(id(one), one._version)
        if all(optimizer is not other for other in self._trace.optimizers):
            self._trace.optimizers.append(optimizer)

    def _step_begins(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        self.optimizer(optimizer)
        self._before[id(optimizer)] = [
            (one, one.detach().clone(), None if one.grad is None else rms(one.grad))
            for group in optimizer.param_groups
            for one in group["params"]
        ]

    def _step_ends(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        with tg.no_grad():
            changes = [
                Change(one, rms(old), gradient, rms(one.detach() - old))
                for one, old, gradient in self._before.pop(id(optimizer), [])
            ]
        closure = any(callable(one) for one in [*args[1:], *kwargs.values()])
        self._add(Step(self._trace.call, here(), optimizer, changes, closure))
