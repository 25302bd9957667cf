"""Module: the base class of all layers and models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import topograd as tg
from topograd._C import Tensor
from topograd.nn import hooks, state, walk
from topograd.nn.members import Members
from topograd.nn.parameter import is_lazy
from topograd.picture.methods import graph_of_model

if TYPE_CHECKING:
    from topograd.graph.recorded import Graph

if TYPE_CHECKING:
    from topograd.graph.checking import GradientTable
    from topograd.profiler.summary import Summary

Self = TypeVar("Self", bound="Module")
T_destination = TypeVar("T_destination", bound=dict[str, Any])


def _forward_unimplemented(self: Module, *args: Any, **kwargs: Any) -> Any:
    """Computes the output of the module; every subclass defines it."""
    name = type(self).__name__
    raise NotImplementedError(f'Module [{name}] is missing the required "forward" function')


class Module(Members):
    """A layer or a model: a function `forward` with parameters, buffers and submodules of its own.

    Assigning a `Parameter`, a `Buffer` or a `Module` to an attribute registers it under that name.
    Calling the module calls `forward`, with the hooks around it if there are any; an exception that
    leaves it has a note that tells the layer and the shapes that came to it.

    >>> import topograd as tg
    >>> class Scale(tg.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.weight = tg.nn.Parameter(tg.tensor(3.0))
    ...
    ...     def forward(self, x):
    ...         return self.weight * x
    >>> Scale()(tg.tensor(2.0)).item()
    6.0
    """

    T_destination: ClassVar[Any] = T_destination
    dump_patches: ClassVar[bool] = False
    _version: ClassVar[int] = 1
    _compiled_call_impl: ClassVar[Any] = None
    _is_full_backward_hook: bool | None = None
    _forward_pre_hooks: Mapping[int, hooks.Hook] = hooks.NO_HOOKS
    _forward_hooks: Mapping[int, hooks.Hook] = hooks.NO_HOOKS
    _backward_pre_hooks: Mapping[int, hooks.Hook] = hooks.NO_HOOKS
    _backward_hooks: Mapping[int, hooks.Hook] = hooks.NO_HOOKS
    _state_dict_pre_hooks: Mapping[int, hooks.Hook] = hooks.NO_HOOKS
    _state_dict_hooks: Mapping[int, hooks.Hook] = hooks.NO_HOOKS
    _load_state_dict_pre_hooks: Mapping[int, hooks.Hook] = hooks.NO_HOOKS
    _load_state_dict_post_hooks: Mapping[int, hooks.Hook] = hooks.NO_HOOKS

    forward: Callable[..., Any] = _forward_unimplemented

    # Changing everything at once -----------------------------------------------------------------

    def apply(self: Self, fn: Callable[[Module], Any]) -> Self:
        """Calls `fn` on every submodule once, children before their parent, on this one last."""
        for module in walk.children_first(self):
            fn(module)
        return self

    def _apply(self: Self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """Replaces the data of every parameter, gradient and buffer by `fn` of it."""
        done: set[int] = set()
        for module in self.modules() if recurse else [self]:
            for parameter in module._parameters.values():
                if parameter is None or id(parameter) in done:
                    continue
                done.add(id(parameter))
                # The gradient is taken off meanwhile: it must always fit the data in dtype and
                # device.
                gradient, parameter.grad = parameter.grad, None
                parameter.data = fn(parameter.data)
                if gradient is not None:
                    parameter.grad = fn(gradient)
            for name, buffer in module._buffers.items():
                if buffer is None:
                    continue
                if is_lazy(buffer):
                    buffer.data = fn(buffer.data)
                else:
                    module._buffers[name] = fn(buffer)
        return self

    def to(self: Self, *args: Any, **kwargs: Any) -> Self:
        """Moves and casts: `to(device)`, `to(dtype)`, `to(device, dtype)`, `to(tensor)`.

        In place.  Only floating-point and complex parameters and buffers are cast.  memory_format:
        the order of dims in memory of those with 4 or 5 dims.  Raises TypeError for another dtype.

        >>> import topograd as tg
        >>> tg.nn.Linear(2, 2).to(tg.float64).weight.dtype == tg.float64
        True
        """
        device, dtype, layout = _parse_to(*args, **kwargs)
        if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError(
                f"nn.Module.to: expected a floating-point dtype or a complex one, got {dtype}"
            )

        def convert(tensor: Tensor) -> Tensor:
            if device is not None:
                tensor = tensor.to(device)
            if dtype is not None and (tensor.is_floating_point() or tensor.is_complex()):
                tensor = tensor.to(dtype)
            if layout is not None and tensor.ndim == (5 if layout == "channels_last_3d" else 4):
                tensor = tensor.contiguous(memory_format=layout)
            return tensor

        return self._apply(convert)

    def to_empty(self: Self, *, device: Any, recurse: bool = True) -> Self:
        """Moves to a device without copying: the elements of parameters and buffers are arbitrary.

        recurse: the submodules too (default).
        """
        return self._apply(lambda tensor: tg.empty_like(tensor.to(device)), recurse)

    def type(self: Self, dst_type: Any) -> Self:
        """Casts all parameters and buffers, the integer ones too, to a dtype."""
        return self._apply(lambda tensor: tensor.type(dst_type))

    def float(self: Self) -> Self:
        """Casts floating-point parameters and buffers to float32."""
        return self._apply(lambda x: x.to(tg.float32) if x.is_floating_point() else x)

    def double(self: Self) -> Self:
        """Casts floating-point parameters and buffers to float64."""
        return self._apply(lambda x: x.to(tg.float64) if x.is_floating_point() else x)

    def half(self: Self) -> Self:
        """Casts floating-point parameters and buffers to float16."""
        return self._apply(lambda x: x.to(tg.float16) if x.is_floating_point() else x)

    def bfloat16(self: Self) -> Self:
        """Casts floating-point parameters and buffers to bfloat16."""
        return self._apply(lambda x: x.to(tg.bfloat16) if x.is_floating_point() else x)

    def cpu(self: Self) -> Self:
        """Moves all parameters and buffers to the CPU."""
        return self.to("cpu")

    def cuda(self: Self, device: Any = None) -> Self:
        """Moves all parameters and buffers to a CUDA device (default: the current one)."""
        return self._to_kind("cuda", device)

    def xpu(self: Self, device: Any = None) -> Self:
        """Moves to an XPU device; raises RuntimeError, as there is none in topograd."""
        return self._to_kind("xpu", device)

    def ipu(self: Self, device: Any = None) -> Self:
        """Moves to an IPU device; raises RuntimeError, as there is none in topograd."""
        return self._to_kind("ipu", device)

    def mtia(self: Self, device: Any = None) -> Self:
        """Moves to an MTIA device; raises RuntimeError, as there is none in topograd."""
        return self._to_kind("mtia", device)

    def _to_kind(self: Self, kind: str, device: Any) -> Self:
        if device is None or isinstance(device, int):
            device = kind if device is None else f"{kind}:{device}"
        return self.to(device)

    def share_memory(self: Self) -> Self:
        """Itself: threads share all memory; other processes do not, unlike with PyTorch."""
        return self

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Accepted, with PyTorch's arguments; calls are as quick without."""

    def train(self: Self, mode: bool = True) -> Self:
        """Sets training mode here and in all submodules: dropout drops, batch norm learns."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self: Self) -> Self:
        """Sets evaluation mode: the same as `train(False)`."""
        return self.train(False)

    def requires_grad_(self: Self, requires_grad: bool = True) -> Self:
        """Freezes (False) or unfreezes (True) all parameters."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def graph(self, *args: Any, **kwargs: Any) -> Graph:
        """Runs the module on the arguments and gives the graph of its result, to look at.

        Its nodes have the names of the parameters.  Raises RuntimeError when nothing in the result
        requires grad.

        >>> import topograd as tg
        >>> picture = tg.nn.Linear(3, 2).graph(tg.ones(4, 3)).svg()
        """
        return graph_of_model(self, args, kwargs)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the gradients of all parameters, or fills them with zeros."""
        for parameter in self.parameters():
            if set_to_none:
                parameter.grad = None
            elif parameter.grad is not None:
                parameter.grad = parameter.grad.detach().zero_()

    def summary(self, *outputs: Tensor, times: bool = True) -> Summary:
        """A table of the submodules from what was recorded for a loss or an output of this module.

        Parameters, output shapes, FLOPs, bytes of activations and of what is kept for the backward
        pass, and, with times (default), the time of both passes in a second run of the recorded
        graph.  `topograd.summary(model, *args)` runs the model itself.  Raises RuntimeError when
        nothing of it was recorded.

        >>> import topograd as tg
        >>> net = tg.nn.Linear(3, 2)
        >>> net.summary(net(tg.ones(5, 3)).sum()).total.flops
        70
        """
        from topograd.profiler.summary import summarize

        return summarize(self, *outputs, times=times)

    # State ----------------------------------------------------------------------------------------

    def state_dict(
        self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Any]:
        """The parameters and persistent buffers by dotted name, in order of registration.

        The tensors share memory with the module; they are detached unless `keep_vars`.
        `destination`: a dictionary to fill instead of a new one.  `prefix` goes before every name.
        Positional arguments, in this order, are an old form.

        >>> import topograd as tg
        >>> list(tg.nn.Sequential(tg.nn.Linear(2, 3)).state_dict())
        ['0.weight', '0.bias']
        """
        if args:
            given = dict(zip(("destination", "prefix", "keep_vars"), args, strict=False))
            destination = given.get("destination", destination)
            prefix = given.get("prefix", prefix)
            keep_vars = given.get("keep_vars", keep_vars)
        return state.collect(self, destination, prefix, keep_vars)

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        """Writes the state of this module alone; a subclass may do more."""
        state.save_own(self, destination, prefix, keep_vars)

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> state.IncompatibleKeys:
        """Copies a state dictionary into the parameters and buffers; returns the keys that differ.

        strict: whether missing and unexpected keys are errors.  assign: put the given tensors in
        place of the present ones instead of copying.  Raises RuntimeError with all differences
        listed, and then the module is unchanged (but for modules with a `_load_from_state_dict` of
        their own, and where there are post-hooks).

        >>> import topograd as tg
        >>> a, b = tg.nn.Linear(2, 3), tg.nn.Linear(2, 3)
        >>> a.load_state_dict(b.state_dict())
        <All keys matched successfully>
        """
        return state.load(self, state_dict, strict, assign)

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Loads the state of this module alone; a subclass may change `state_dict` before."""
        lists = (missing_keys, unexpected_keys, error_msgs)
        state.load_own(self, state_dict, prefix, local_metadata, *lists, strict)

    def get_extra_state(self) -> Any:
        """What a subclass wants in `state_dict` beside tensors; defined by the subclass."""
        raise NotImplementedError(f"{type(self).__name__} defines no extra state")

    def set_extra_state(self, state: Any) -> None:
        """Takes back what `get_extra_state` gave; defined by the subclass."""
        raise NotImplementedError(f"{type(self).__name__} defines no extra state")

    def __getstate__(self) -> dict[str, Any]:
        return state.to_pickle(self)

    def __setstate__(self, attributes: dict[str, Any]) -> None:
        state.from_pickle(self, attributes)

    # Hooks ----------------------------------------------------------------------------------------

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> hooks.RemovableHandle:
        """Calls `hook(module, args)` before forward.

        What it returns, if not None, are the new args.
        With `with_kwargs` it is `hook(module, args, kwargs)` and returns both.
        """
        return hooks.register(self, "_forward_pre_hooks", hooks.Hook(hook, with_kwargs), prepend)

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> hooks.RemovableHandle:
        """Calls `hook(module, args, output)` after forward.

        What it returns, if not None, is the output.
        With `with_kwargs` it is `hook(module, args, kwargs, output)`.  With `always_call` it runs
        even if forward raised, with output None.
        """
        entry = hooks.Hook(hook, with_kwargs, always_call)
        return hooks.register(self, "_forward_hooks", entry, prepend)

    def register_full_backward_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> hooks.RemovableHandle:
        """Calls `hook(module, grad_output)` before the backward pass of the module."""
        return hooks.register(self, "_backward_pre_hooks", hooks.Hook(hook), prepend)

    def register_full_backward_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> hooks.RemovableHandle:
        """Calls `hook(module, grad_input, grad_output)` when the gradients of the inputs are known.

        What it returns, if not None, is used in place of grad_input.
        """
        hooks.expect_backward_kind(self, True)
        return hooks.register(self, "_backward_hooks", hooks.Hook(hook), prepend)

    def register_backward_hook(self, hook: Callable[..., Any]) -> hooks.RemovableHandle:
        """The old name of `register_full_backward_hook`, which is what it does.

        (In PyTorch grad_input is then that of the last op of forward, whatever that is.)  Raises
        RuntimeError if the module has hooks of the new name.
        """
        hooks.expect_backward_kind(self, False)
        return hooks.register(self, "_backward_hooks", hooks.Hook(hook))

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> hooks.RemovableHandle:
        """Calls `hook(module, prefix, keep_vars)` before `state_dict` reads the module."""
        return hooks.register(self, "_state_dict_pre_hooks", hooks.Hook(hook))

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> hooks.RemovableHandle:
        """Calls `hook(module, state_dict, prefix, local_metadata)` after `state_dict` was filled.

        It may change state_dict in place.
        """
        return hooks.register(self, "_state_dict_hooks", hooks.Hook(hooks.in_place(hook)))

    def _register_state_dict_hook(self, hook: Callable[..., Any]) -> hooks.RemovableHandle:
        """As `register_state_dict_post_hook`; what it returns, if not None, is the state_dict."""
        return hooks.register(self, "_state_dict_hooks", hooks.Hook(hook))

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> hooks.RemovableHandle:
        """Calls a hook before `load_state_dict` looks at this module.

        `hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys,
        error_msgs)`; it may change the dictionary and the lists.
        """
        return hooks.register(self, "_load_state_dict_pre_hooks", hooks.Hook(hook))

    def _register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], with_module: bool = False
    ) -> hooks.RemovableHandle:
        """As `register_load_state_dict_pre_hook`, without the module as first argument."""
        function = hook if with_module else hooks.without_module(hook)
        return hooks.register(self, "_load_state_dict_pre_hooks", hooks.Hook(function))

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> hooks.RemovableHandle:
        """Calls `hook(module, incompatible_keys)` when everything has been loaded.

        It may change the two lists of keys in place; what is left in them is an error if strict.
        """
        return hooks.register(self, "_load_state_dict_post_hooks", hooks.Hook(hook))

    def _call_with_hooks(self, *args: Any, **kwargs: Any) -> Any:
        return hooks.call_with_hooks(self, args, kwargs)

    _call_impl = _call_with_hooks
    _wrapped_call_impl = _call_with_hooks

    # Text -----------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What stands between the parentheses of `repr`; a subclass gives its settings."""
        return ""

    def check_gradients(
        self, *args: Any, loss: Callable[[Any], Tensor] | None = None, **kwargs: Any
    ) -> GradientTable:
        """Checks the gradients of all parameters; a table by parameter name that prints.

        Analytic beside numeric (central differences) beside forward mode, in float64, each at the
        element where they differ most. args, kwargs: what the module is called with.  loss: makes
        of the output what is differentiated (default: the output, its elements weighted).
        Parameters, buffers, `.grad`, training mode and the random generator stay as they are.
        Returns a GradientTable, whose bool() is the verdict.

        >>> import topograd as tg
        >>> table = tg.nn.Linear(3, 2).check_gradients(tg.ones(4, 3))
        >>> table.ok, [row.name for row in table.inputs]
        (True, ['weight', 'bias'])
        """
        from topograd.nn.checking import check_gradients

        return check_gradients(self, args, kwargs, loss)

    def __dir__(self) -> list[str]:
        """Without the names that are no identifiers, such as those of the parts of Sequential."""
        return sorted(name for name in super().__dir__() if not name[:1].isdigit())

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [
            f"({name}): " + indent(repr(module), 2) for name, module in self._modules.items()
        ]
        if not children and len(lines) <= 1:
            return f"{self._get_name()}({extra})"
        return f"{self._get_name()}(\n  " + "\n  ".join(lines + children) + "\n)"


def indent(text: str, spaces: int) -> str:
    """`text` with every line but the first moved to the right."""
    return text.replace("\n", "\n" + " " * spaces)


def _parse_to(
    *args: Any,
    device: Any = None,
    dtype: Any = None,
    non_blocking: bool = False,
    memory_format: Any = None,
) -> tuple[Any, Any, Any]:
    """The device, dtype and memory format (or None) among the arguments of `Module.to`."""
    for arg in args:
        if isinstance(arg, Tensor):
            device, dtype = arg.device, arg.dtype
        elif isinstance(arg, tg.dtype):
            dtype = arg
        elif not isinstance(arg, bool) and arg is not None:
            device = arg
    return device, dtype, memory_format
