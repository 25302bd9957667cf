"""ONNX models as objects and files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import topograd as tg
from topograd.onnx.builder import Builder, element_type
from topograd.onnx.convert import Declared
from topograd.onnx.dimensions import Affine, Dim, Size, explain

__all__ = ["built", "require_onnx", "write"]

# A file of the format holds less than 2 GiB; what is more goes into a file of its own.
LARGEST = 2**31 - 2**20


def require_onnx() -> None:
    """Raises ImportError that says how to get the package."""
    try:
        import onnx  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "onnx.export needs the package 'onnx': pip install 'topograd[onnx]'"
        ) from error


def _raw(tensor: tg.Tensor) -> bytes:
    dense = tensor.detach().contiguous()
    if dense.dtype == tg.bfloat16:
        dense = dense.view(tg.int16)
    data: bytes = dense.numpy().tobytes()
    return data


def _proto(name: str, tensor: tg.Tensor) -> Any:
    import onnx

    proto = onnx.TensorProto(name=name, data_type=element_type(tensor.dtype))
    proto.dims.extend(tensor.shape)
    proto.raw_data = _raw(tensor)
    return proto


def _dim_name(size: Size, symbols: dict[Dim, str]) -> int | str:
    """A fixed size, or what a size that follows the inputs is called."""
    if not isinstance(size, Dim):
        return size
    if size in symbols:
        return symbols[size]
    found = explain(size, list(symbols))
    if isinstance(found, Affine):
        factor = f"{found.factor}*" if found.factor != 1 else ""
        offset = f"{found.offset:+d}" if found.offset else ""
        symbols[size] = f"{factor}{symbols[found.of]}{offset}"
    else:
        symbols[size] = f"size_{len(symbols)}"
    return symbols[size]


def _info(declared: Declared, symbols: dict[Dim, str]) -> Any:
    import onnx

    shape = [_dim_name(size, symbols) for size in declared.shape]
    return onnx.helper.make_tensor_value_info(declared.name, element_type(declared.dtype), shape)


def _used(nodes: Sequence[Any], outputs: Sequence[str]) -> tuple[list[Any], set[str]]:
    """The nodes that outputs follow from, in order, and all names that these read."""
    wanted, kept = set(outputs), []
    for node in reversed(nodes):
        if wanted.intersection(node.output):
            kept.append(node)
            wanted.update(node.input)
    return kept[::-1], wanted


def built(
    builder: Builder,
    inputs: Sequence[Declared],
    outputs: Sequence[Declared],
    symbols: dict[Dim, str],
    name: str,
) -> Any:
    """The ModelProto. symbols: the names of sizes that are not fixed."""
    import onnx

    nodes, read = _used(builder.nodes, [one.name for one in outputs])
    graph = onnx.helper.make_graph(
        nodes,
        name,
        [_info(one, symbols) for one in inputs],
        [_info(one, symbols) for one in outputs],
        [_proto(key, tensor) for key, tensor in builder.initializers.items() if key in read],
    )
    opsets = [onnx.helper.make_opsetid("", builder.opset)]
    return onnx.helper.make_model(
        graph,
        opset_imports=opsets,
        ir_version=onnx.helper.find_min_ir_version_for(opsets),
        producer_name="topograd",
        producer_version=tg.__version__,
    )


def _bytes_of(model: Any) -> int:
    return sum(len(one.raw_data) for one in model.graph.initializer)


def write(
    model: Any, f: str | os.PathLike[str] | BinaryIO | None, external_data: bool | None
) -> None:
    """Checks the model and writes it; the old file stays until the new one is whole.

    external_data: whether the tensors go into a file beside it, named '<name>.data'; None: where
    one file could not hold them.
    """
    import onnx

    large = _bytes_of(model) > LARGEST
    if external_data is None:
        external_data = large
    if large and (f is None or not isinstance(f, (str, os.PathLike)) or not external_data):
        raise ValueError(
            f"onnx.export: {_bytes_of(model)} bytes of tensors do not fit into one file, which "
            "holds 2 GiB; give a path, and leave external_data to None or True"
        )
    if not large:
        onnx.checker.check_model(model, full_check=True)
    if f is None:
        return
    if not isinstance(f, (str, os.PathLike)):
        if external_data:
            raise ValueError("onnx.export: external_data needs a path, got a file object")
        f.write(model.SerializeToString())
        return
    _write_to(model, Path(f), external_data)


def _write_to(model: Any, path: Path, external_data: bool) -> None:
    import onnx

    fresh = path.with_name(f".{path.name}.{os.getpid()}.part")
    beside = path.with_name(f"{path.name}.data")
    try:
        if external_data:
            _move_out(model, beside)
        onnx.save_model(model, str(fresh))
        if external_data:
            onnx.checker.check_model(str(fresh), full_check=True)
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def _move_out(model: Any, beside: Path) -> None:
    """Writes the elements of all tensors of the model to a file and leaves their places."""
    import onnx

    fresh = beside.with_name(f".{beside.name}.{os.getpid()}.part")
    try:
        with fresh.open("wb") as file:
            for one in model.graph.initializer:
                file.write(b"\0" * (-file.tell() % 64))
                start, length = file.tell(), len(one.raw_data)
                file.write(one.raw_data)
                one.ClearField("raw_data")
                one.data_location = onnx.TensorProto.EXTERNAL
                for key, value in (
                    ("location", beside.name),
                    ("offset", start),
                    ("length", length),
                ):
                    one.external_data.add(key=key, value=str(value))
        os.replace(fresh, beside)
    finally:
        fresh.unlink(missing_ok=True)
