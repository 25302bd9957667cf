"""save and load: tensors and plain Python data in files, never by pickle.

The own format is safetensors: the tensors are the entries of the file, under their paths
("model.0.weight"), so that other programs read them too; the data around them stand as JSON in the
file's metadata. Files of `torch.save` and of NumPy are read as well, as data: no code of a file is
ever run, and nothing of the size that a file claims is made before the file is seen to have it.
"""

from __future__ import annotations

from os import PathLike
from typing import IO, Any

from topograd.serialization._safe_globals import (
    add_safe_globals,
    clear_safe_globals,
    get_safe_globals,
    safe_globals,
)
from topograd.serialization._training import latest_checkpoint, load_checkpoint, save_checkpoint

__all__ = [
    "add_safe_globals",
    "clear_safe_globals",
    "get_safe_globals",
    "latest_checkpoint",
    "load",
    "load_checkpoint",
    "safe_globals",
    "save",
    "save_checkpoint",
]

FORMATS = ("safetensors", "torch", "npz")


def save(
    obj: Any,
    f: str | PathLike[str] | IO[bytes],
    pickle_module: Any = None,
    pickle_protocol: int = 2,
    _use_new_zipfile_serialization: bool = True,
    *,
    format: str = "safetensors",
) -> None:
    """Writes an object to a file; under a path the file appears whole or not at all.

    obj: tensors of every dtype, numbers, texts, bytes, bools, None, dtypes, devices, sizes, NumPy
    arrays and numbers, ranges, slices, paths, namespaces, and dictionaries (OrderedDict,
    defaultdict, Counter), lists, tuples, named tuples, sets and deques of them, such as a
    `state_dict`.  f: a path, or a file object with `write`; a link is followed, and an existing
    file keeps its permissions.

    Of a view only what it shows is stored, row by row.  A tensor that occurs twice is stored once,
    and is one tensor again after loading; tensors that share some elements share them again.
    Parameters and leaves that require a gradient are so again.  Equal content gives equal bytes.

    format: "safetensors"; "torch" writes what `torch.load(weights_only=True)` reads (named tuples
    become tuples, NumPy numbers Python's); "npz" writes a dictionary of tensors for NumPy.
    pickle_module, pickle_protocol and _use_new_zipfile_serialization are accepted for PyTorch's
    sake, and mean nothing here.  Raises TypeError for another object, saying where it is;
    RuntimeError where the file can not be written.

    >>> import os, tempfile
    >>> import topograd as tg
    >>> path = os.path.join(tempfile.mkdtemp(), "model.safetensors")
    >>> tg.save({"model": tg.nn.Linear(2, 1).state_dict(), "epoch": 3}, path)
    >>> checkpoint = tg.load(path)
    >>> checkpoint["epoch"], list(checkpoint["model"])
    (3, ['weight', 'bias'])
    """
    if format == "safetensors":
        from topograd.serialization._safetensors import pieces
    elif format == "torch":
        from topograd.serialization._torch_writer import pieces
    elif format == "npz":
        from topograd.serialization._numpy import npz_pieces as pieces
    else:
        raise ValueError(f"save: format must be one of {', '.join(FORMATS)}, got {format!r}")
    from topograd.serialization._sinks import check_target, write_pieces

    check_target(f)
    content = pieces(obj)
    write_pieces(f, content)


def load(
    f: str | PathLike[str] | IO[bytes],
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = True,
    mmap: bool | None = None,
    encoding: str = "utf-8",
) -> Any:
    """Reads what `save` wrote, a file of `torch.save`, a safetensors file, an .npz or .npy file.

    f: a path, or a file object with `read`, which is left behind what was read, so that of several
    that were saved into it the next can be loaded.  What the file is, its content says.  Of another
    program's safetensors file and of an .npz file the result is a dictionary of tensors (of NumPy
    arrays where there is no such dtype).

    map_location: the device to put the tensors on, a dictionary from old to new devices, or a
    function that is called with the elements of each storage and the name of its old device, and
    gives them back elsewhere (None: as they are).  By default everything comes to the CPU,
    whatever device it was on.

    mmap: the tensors look at the file itself (a path), whose pages are read when they are first
    needed; changes of a tensor stay in this process, checksums of archives are not verified, and
    bools are read at once.  The file should not change meanwhile; replacing it, as `save` does, is
    harmless.  Should it become shorter, what is lost reads as NaN (bytes of ones), and the main
    thread gets an OSError, where the process would otherwise be killed by SIGBUS.

    weights_only is accepted: no code from a file is ever run, so False loads no more than True.
    encoding is for texts that Python 2 wrote.  pickle_module must be None.  Raises OSError
    (FileNotFoundError, IsADirectoryError, …) where there is no file to read; RuntimeError or
    ValueError for a file that is damaged, or that holds what only its own code could rebuild.

    >>> import os, tempfile
    >>> import topograd as tg
    >>> path = os.path.join(tempfile.mkdtemp(), "x.pt")
    >>> tg.save(tg.ones(2), path, format="torch")
    >>> tg.load(path, mmap=True).tolist()
    [1.0, 1.0]
    """
    if pickle_module is not None:
        raise ValueError("load: pickle_module must be None: files are read without pickle")
    from topograd.serialization._location import locator
    from topograd.serialization._sources import open_source

    locate = locator(map_location)
    source = open_source(f, bool(mmap))
    try:
        return _read(source, locate, encoding, verify=not mmap)
    finally:
        source.close()


def _read(source: Any, locate: Any, encoding: str, verify: bool) -> Any:
    from topograd.serialization import _safetensors

    start = source.read(0, 9)
    if _safetensors.looks_like(source, start):
        return _safetensors.read(source, locate)
    if start.startswith(b"PK\x03\x04"):
        return _read_archive(source, locate, encoding, verify)
    if start.startswith(b"\x93NUMPY"):
        from topograd.serialization._numpy import read_npy

        return read_npy(source)
    if start[:1] == b"\x80":
        from topograd.serialization._torch_reader import read_stream

        return read_stream(source, locate, encoding)
    return _safetensors.read(source, locate)


def _read_archive(source: Any, locate: Any, encoding: str, verify: bool) -> Any:
    from topograd.serialization._zip import Archive, first_archive

    try:
        archive = Archive(source)
    except ValueError as error:
        first = first_archive(source)
        if first is None:
            raise RuntimeError(f"load: can not read '{source.name}': {error}") from None
        archive, source = first, first.source
    if any(name.endswith("data.pkl") for name in archive.members):
        from topograd.serialization._torch_reader import read_archive

        return read_archive(source, archive, locate, encoding, verify)
    if archive.members and all(name.endswith(".npy") for name in archive.members):
        from topograd.serialization._numpy import read_npz

        return read_npz(source, archive)
    raise RuntimeError(
        f"load: can not read '{source.name}': a zip file that is neither one of torch.save nor of "
        "NumPy"
    )
