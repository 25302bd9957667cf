"""Layers that learn the size of their input from the first call.

A lazy layer has `UninitializedParameter`s; its first call, or `load_state_dict`, gives them their
shapes and makes it an ordinary layer. A further one is a class of three lines: see `LazyLinear`.
"""

from __future__ import annotations

from typing import Any, ClassVar

import topograd as tg
from topograd._C import Tensor
from topograd.nn import batchnorm, conv, instancenorm, linear
from topograd.nn.hooks import RemovableHandle
from topograd.nn.module import Module
from topograd.nn.parameter import UninitializedBuffer, UninitializedParameter, is_lazy


class LazyModuleMixin:
    """Makes a layer lazy: to be put before `Module`, or a layer, among the bases.

    The class defines `initialize_parameters(*args, **kwargs)`, which gets the arguments of the
    first call and materializes all parameters and buffers. Afterwards the module becomes one of
    `cls_to_become`, if that is set.

    >>> import topograd as tg
    >>> layer = tg.nn.LazyLinear(3)
    >>> y = layer(tg.ones(2, 5))
    >>> layer
    Linear(in_features=5, out_features=3, bias=True)
    """

    cls_to_become: ClassVar[type[Module] | None] = None
    _load_hook: RemovableHandle
    _initialize_hook: RemovableHandle

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._load_hook = self._register_load_state_dict_pre_hook(
            _materialize_loaded, with_module=True
        )
        self._initialize_hook = self.register_forward_pre_hook(_infer_parameters, with_kwargs=True)

    def has_uninitialized_params(self: Any) -> bool:
        """Whether a parameter or buffer of this module has no shape yet."""
        members = (*self._parameters.values(), *self._buffers.values())
        return any(is_lazy(member) for member in members)

    def initialize_parameters(self: Any, *args: Any, **kwargs: Any) -> None:
        """Gives shapes to the parameters, from the arguments of the first call."""
        raise NotImplementedError(
            f"initialize_parameters is not implemented for {type(self).__name__}"
        )

    def _infer_parameters(
        self: Any, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any] | None = None
    ) -> None:
        kwargs = kwargs or {}
        module.initialize_parameters(*args, **kwargs)
        if module.has_uninitialized_params():
            raise RuntimeError(
                f"module {module._get_name()} has not been fully initialized by "
                "initialize_parameters"
            )
        module._initialize_hook.remove()
        module._load_hook.remove()
        del module._initialize_hook, module._load_hook
        if module.cls_to_become is not None:
            module.__class__ = module.cls_to_become

    def _replicate_for_data_parallel(self) -> Any:
        raise RuntimeError(
            "Modules with uninitialized parameters can't be used with `DataParallel`. Run a dummy "
            "forward pass to correctly initialize the modules"
        )


def _infer_parameters(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    module._infer_parameters(module, args, kwargs)


def _materialize_loaded(module: Module, state: dict[str, Any], prefix: str, *_: Any) -> None:
    """Gives the members that are about to be loaded the shapes of what is loaded."""
    for name, member in (*module._parameters.items(), *module._buffers.items()):
        loaded = state.get(prefix + name)
        if is_lazy(member) and isinstance(loaded, Tensor) and not is_lazy(loaded):
            member.materialize(loaded.shape)


class _LazyLayer(LazyModuleMixin):
    """A lazy form of a layer that draws new values in `reset_parameters`."""

    def reset_parameters(self: Any) -> None:
        """Draws new initial values, once there is something to fill."""
        if not self.has_uninitialized_params():
            super().reset_parameters()  # type: ignore[misc]

    def _make_lazy(
        self: Any, device: Any, dtype: Any, parameters: tuple[str, ...], buffers: tuple[str, ...]
    ) -> None:
        for name in parameters:
            setattr(self, name, UninitializedParameter(device=device, dtype=dtype))
        for name in buffers:
            setattr(self, name, UninitializedBuffer(device=device, dtype=dtype))


class LazyLinear(_LazyLayer, linear.Linear):
    """A `Linear` whose `in_features` is the last size of the first input.

    Takes the other arguments of `Linear`.

    >>> import topograd as tg
    >>> tuple(tg.nn.LazyLinear(3)(tg.ones(2, 5)).shape)
    (2, 3)
    """

    cls_to_become = linear.Linear

    def __init__(
        self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(0, 0, False)
        self.out_features = out_features
        self._make_lazy(device, dtype, ("weight", "bias") if bias else ("weight",), ())

    def initialize_parameters(self: Any, input: Tensor) -> None:
        """Gives the parameters their shapes, from the first input."""
        if self.has_uninitialized_params():
            self.in_features = input.shape[-1]
            self.weight.materialize((self.out_features, self.in_features))
            if self.bias is not None:
                self.bias.materialize((self.out_features,))
            self.reset_parameters()
        elif self.in_features == 0:  # the parameters were loaded before
            self.in_features = self.weight.shape[-1]


class _LazyConv(_LazyLayer):
    """What the lazy convolutions have in common, transposed or not."""

    def __init__(
        self: Any,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode)
        setattr(self, "out_channels", out_channels)  # noqa: B010
        self._make_lazy(device, dtype, ("weight", "bias") if bias else ("weight",), ())

    def initialize_parameters(self: Any, input: Tensor) -> None:
        """Gives the parameters their shapes, from the first input."""
        layer: Any = self  # the layer proper is the next base
        transposed = getattr(layer, "transposed", False)
        if layer.has_uninitialized_params():
            layer.in_channels = layer._channels_of(input)
            if layer.in_channels % layer.groups != 0:
                raise ValueError("in_channels must be divisible by groups")
            channels = (layer.out_channels, layer.in_channels // layer.groups)
            if transposed:
                channels = (layer.in_channels, layer.out_channels // layer.groups)
            layer.weight.materialize((*channels, *layer.kernel_size))
            if layer.bias is not None:
                layer.bias.materialize((layer.out_channels,))
            layer.reset_parameters()
        elif layer.in_channels == 0:
            shape = layer.weight.shape
            layer.in_channels = shape[0] if transposed else shape[1] * layer.groups

    def _channels_of(self: Any, input: Tensor) -> int:
        axes = len(self.kernel_size)
        if input.ndim not in (axes + 1, axes + 2):
            raise RuntimeError(
                f"Expected {axes + 1}D (unbatched) or {axes + 2}D (batched) input to "
                f"{type(self).__name__}, but got input of size: {tuple(input.shape)}"
            )
        return input.shape[-axes - 1]


class LazyConv1d(_LazyConv, conv.Conv1d):
    """A `Conv1d` whose `in_channels` is that of the first input.

    >>> import topograd as tg
    >>> tuple(tg.nn.LazyConv1d(4, 3)(tg.ones(2, 5, 8)).shape)
    (2, 4, 6)
    """

    cls_to_become = conv.Conv1d


class LazyConv2d(_LazyConv, conv.Conv2d):
    """A `Conv2d` whose `in_channels` is that of the first input.

    >>> import topograd as tg
    >>> tuple(tg.nn.LazyConv2d(4, 3)(tg.ones(2, 5, 8, 8)).shape)
    (2, 4, 6, 6)
    """

    cls_to_become = conv.Conv2d


class _LazyConvTranspose(_LazyConv):
    """The lazy transposed convolutions, whose constructors have another order of arguments."""

    def __init__(
        self: Any,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        shape = (0, 0, kernel_size, stride, padding, output_padding)
        super(_LazyConv, self).__init__(*shape, groups, False, dilation, padding_mode)
        setattr(self, "out_channels", out_channels)  # noqa: B010
        self._make_lazy(device, dtype, ("weight", "bias") if bias else ("weight",), ())


class _LazyNorm(_LazyLayer):
    """What the lazy norms over the channels have in common."""

    def __init__(
        self: Any,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(0, eps, momentum, False, False)
        layer: Any = self
        layer.affine = affine
        layer.track_running_stats = track_running_stats
        wanted = (("weight", affine), ("bias", affine and bias))
        layer._make_lazy(
            device,
            dtype,
            tuple(name for name, is_wanted in wanted if is_wanted),
            ("running_mean", "running_var") if track_running_stats else (),
        )
        if track_running_stats:
            layer.num_batches_tracked = tg.zeros((), dtype=tg.int64, device=device)

    def reset_running_stats(self: Any) -> None:
        """Forgets what was seen, once there is something to fill."""
        if not self.has_uninitialized_params():
            super().reset_running_stats()  # type: ignore[misc]

    def initialize_parameters(self: Any, input: Tensor) -> None:
        """Gives parameters and buffers their shapes, from the first input."""
        layer: Any = self
        if layer.has_uninitialized_params():
            layer.num_features = input.shape[1]
            for name in ("weight", "bias", "running_mean", "running_var"):
                member = getattr(layer, name)
                if member is not None:
                    member.materialize((layer.num_features,))
            layer.reset_parameters()
        elif layer.num_features == 0:
            member = layer.weight if layer.weight is not None else layer.running_mean
            layer.num_features = input.shape[1] if member is None else member.shape[0]


class LazyBatchNorm1d(_LazyNorm, batchnorm.BatchNorm1d):
    """A `BatchNorm1d` whose `num_features` is the size of dim 1 of the first input.

    >>> import topograd as tg
    >>> tuple(tg.nn.LazyBatchNorm1d()(tg.ones(2, 5)).shape)
    (2, 5)
    """

    cls_to_become = batchnorm.BatchNorm1d


class LazyBatchNorm2d(_LazyNorm, batchnorm.BatchNorm2d):
    """A `BatchNorm2d` whose `num_features` is the size of dim 1 of the first input.

    >>> import topograd as tg
    >>> tuple(tg.nn.LazyBatchNorm2d()(tg.ones(2, 5, 4, 4)).shape)
    (2, 5, 4, 4)
    """

    cls_to_become = batchnorm.BatchNorm2d


class LazyBatchNorm3d(_LazyNorm, batchnorm.BatchNorm3d):
    """A `BatchNorm3d` whose `num_features` is the size of dim 1 of the first input.

    >>> import topograd as tg
    >>> tuple(tg.nn.LazyBatchNorm3d()(tg.ones(2, 5, 2, 2, 2)).shape)
    (2, 5, 2, 2, 2)
    """

    cls_to_become = batchnorm.BatchNorm3d


class LazyConv3d(_LazyConv, conv.Conv3d):
    """A `Conv3d` whose `in_channels` is that of the first input.

    >>> import topograd as tg
    >>> tuple(tg.nn.LazyConv3d(4, 3)(tg.ones(2, 5, 8, 8, 8)).shape)
    (2, 4, 6, 6, 6)
    """

    cls_to_become = conv.Conv3d


class LazyConvTranspose1d(_LazyConvTranspose, conv.ConvTranspose1d):
    """A `ConvTranspose1d` whose `in_channels` is that of the first input.

    >>> import topograd as tg
    >>> tuple(tg.nn.LazyConvTranspose1d(4, 3)(tg.ones(2, 5, 8)).shape)
    (2, 4, 10)
    """

    cls_to_become = conv.ConvTranspose1d


class LazyConvTranspose2d(_LazyConvTranspose, conv.ConvTranspose2d):
    """A `ConvTranspose2d` whose `in_channels` is that of the first input.

    >>> import topograd as tg
    >>> tuple(tg.nn.LazyConvTranspose2d(4, 3)(tg.ones(2, 5, 8, 8)).shape)
    (2, 4, 10, 10)
    """

    cls_to_become = conv.ConvTranspose2d


class LazyConvTranspose3d(_LazyConvTranspose, conv.ConvTranspose3d):
    """A `ConvTranspose3d` whose `in_channels` is that of the first input.

    >>> import topograd as tg
    >>> tuple(tg.nn.LazyConvTranspose3d(4, 3)(tg.ones(2, 5, 2, 2, 2)).shape)
    (2, 4, 4, 4, 4)
    """

    cls_to_become = conv.ConvTranspose3d


class LazyInstanceNorm1d(_LazyNorm, instancenorm.InstanceNorm1d):
    """An `InstanceNorm1d` whose `num_features` is the size of dim 1 of the first input.

    >>> import topograd as tg
    >>> tuple(tg.nn.LazyInstanceNorm1d()(tg.ones(2, 5, 4)).shape)
    (2, 5, 4)
    """

    cls_to_become = instancenorm.InstanceNorm1d


class LazyInstanceNorm2d(_LazyNorm, instancenorm.InstanceNorm2d):
    """An `InstanceNorm2d` whose `num_features` is the size of dim 1 of the first input.

    >>> import topograd as tg
    >>> tuple(tg.nn.LazyInstanceNorm2d()(tg.ones(2, 5, 4, 4)).shape)
    (2, 5, 4, 4)
    """

    cls_to_become = instancenorm.InstanceNorm2d


class LazyInstanceNorm3d(_LazyNorm, instancenorm.InstanceNorm3d):
    """An `InstanceNorm3d` whose `num_features` is the size of dim 1 of the first input.

    >>> import topograd as tg
    >>> tuple(tg.nn.LazyInstanceNorm3d()(tg.ones(2, 5, 2, 2, 2)).shape)
    (2, 5, 2, 2, 2)
    """

    cls_to_become = instancenorm.InstanceNorm3d
