"""What `Optimizer.load_state_dict` checks before it changes anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

import topograd as tg
from topograd._C import Tensor


def checked_groups(
    state_dict: Any, present: list[dict[str, Any]], essential: Iterable[str]
) -> list[dict[str, Any]]:
    """The groups of a saved state, which must fit those of the optimizer."""
    if not isinstance(state_dict, Mapping):
        kind = type(state_dict).__name__
        raise TypeError(f"load_state_dict: expected a dictionary, got {kind}")
    for key in ("state", "param_groups"):
        if key not in state_dict:
            raise ValueError(f"load_state_dict: the state dict has no '{key}'")
    if not isinstance(state_dict["state"], Mapping):
        kind = type(state_dict["state"]).__name__
        raise TypeError(f"load_state_dict: 'state' must be a dictionary, got {kind}")
    saved_groups: list[Any] = list(state_dict["param_groups"])
    if len(saved_groups) != len(present):
        raise ValueError(
            "loaded state dict has a different number of parameter groups: "
            f"{len(saved_groups)}, the optimizer has {len(present)}"
        )
    for position, (saved, group) in enumerate(zip(saved_groups, present, strict=True)):
        if not isinstance(saved, Mapping) or "params" not in saved:
            raise ValueError(f"load_state_dict: parameter group {position} has no 'params'")
        if len(saved["params"]) != len(group["params"]):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of "
                f"optimizer's group: group {position} has {len(saved['params'])} parameters, "
                f"the optimizer's has {len(group['params'])}"
            )
        for name in essential:
            if name in group:
                _check_setting(position, name, saved, group[name])
    return saved_groups


def _check_setting(position: int, name: str, saved: Mapping[str, Any], present: Any) -> None:
    if name not in saved:
        raise ValueError(f"load_state_dict: parameter group {position} has no '{name}'")
    value, wanted = saved[name], "a number"
    fits = _is_number(value)
    if isinstance(present, (tuple, list)):
        wanted = f"{len(present)} numbers"
        fits = isinstance(value, (tuple, list)) and len(value) == len(present)
        fits = fits and all(map(_is_number, value))
    elif not _is_number(present):
        return
    if not fits:
        raise TypeError(
            f"load_state_dict: '{name}' of parameter group {position} must be {wanted}, "
            f"got {value!r}"
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) or (isinstance(value, Tensor) and value.numel() == 1)


def numbered(
    saved_groups: list[dict[str, Any]], present: list[dict[str, Any]]
) -> dict[Any, Tensor]:
    """The number of each parameter in the saved state -> the optimizer's parameter."""
    by_number: dict[Any, Tensor] = {}
    for saved, group in zip(saved_groups, present, strict=True):
        for number, parameter in zip(saved["params"], group["params"], strict=True):
            if number in by_number:
                raise ValueError(f"load_state_dict: parameter {number} stands in the groups twice")
            by_number[number] = parameter
    return by_number


def check_number(number: Any, by_number: dict[Any, Tensor]) -> None:
    """Raises ValueError for the state of a parameter that no group has."""
    if number not in by_number:
        raise ValueError(
            f"load_state_dict: there is a state for parameter {number!r}, the groups have "
            f"parameters {list(by_number)}"
        )


def copied_entries(entries: Any, parameter: Tensor) -> Any:
    """The saved state of one parameter, its floating-point tensors in the parameter's dtype."""
    if not isinstance(entries, Mapping):
        return deepcopy(entries)
    return {
        key: _copied(value, parameter, keep=key == "step")
        if isinstance(value, Tensor)
        else deepcopy(value)
        for key, value in entries.items()
    }


def _copied(value: Tensor, parameter: Tensor, keep: bool) -> Tensor:
    value = value.detach().clone()
    # The count of steps stays what it is; float16 could not count beyond 2048.
    if keep or not parameter.is_floating_point():
        return value
    return value.to(parameter.device).to(parameter.dtype)


def native_entries(
    entries: Any,
    parameter: Tensor,
    number: Any,
    shapes: Mapping[str, tuple[int, ...]],
    required: Iterable[str],
) -> dict[str, Tensor]:
    """The saved state of one parameter of an optimizer whose steps are done in C++, checked."""
    where = f"of parameter {number}"
    if not isinstance(entries, Mapping):
        raise TypeError(
            f"load_state_dict: the state {where} must be a dictionary, got {type(entries).__name__}"
        )
    for name in required if entries else ():
        if entries.get(name) is None:
            what = "is None" if name in entries else "is missing"
            raise ValueError(f"load_state_dict: '{name}' {where} {what}")
    copied: dict[str, Tensor] = {}
    for name, value in entries.items():
        if value is None:
            continue
        what = f"'{name}' {where}"
        if name == "step" or (parameter.ndim > 0 and shapes.get(name) == ()):
            if not _is_number(value):
                raise TypeError(f"load_state_dict: {what} must be a number, got {value!r}")
            copied[name] = tg.tensor(float(value), dtype=tg.float32)
        else:
            copied[name] = _array(what, value, parameter, shapes.get(name))
    return copied


def _array(what: str, value: Any, parameter: Tensor, shape: tuple[int, ...] | None) -> Tensor:
    kind = value.dtype if isinstance(value, Tensor) else type(value).__name__
    if not isinstance(value, Tensor) or not (value.is_floating_point() or value.is_complex()):
        raise TypeError(f"load_state_dict: {what} must be a floating-point tensor, got {kind}")
    if value.is_complex() and not parameter.is_complex():
        raise TypeError(f"load_state_dict: {what} must be real, as the parameter, got {kind}")
    wanted = tuple(parameter.shape) if shape is None else shape
    if tuple(value.shape) != wanted:
        expected = "" if wanted == tuple(parameter.shape) else f", expected {wanted}"
        raise ValueError(
            f"load_state_dict: {what} has shape {tuple(value.shape)}, "
            f"the parameter has shape {tuple(parameter.shape)}{expected}"
        )
    # Steps keep what belongs to half-precision parameters in float32, and so it stays.
    half = parameter.dtype in (tg.float16, tg.bfloat16)
    return value.detach().clone().to(tg.float32 if half else parameter.dtype)
