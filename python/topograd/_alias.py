"""as_torch: `import torch` gives topograd, with all submodules."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec

ALIAS, PACKAGE = "torch", "topograd"
PRELOAD = f"{PACKAGE}._aliased"


class _TorchModule(ModuleType):
    """What `import torch` gives: every name is looked up in topograd."""

    def __getattr__(self, name: str) -> Any:
        import topograd

        if name == "__version__":
            from topograd.version import torch

            return f"{torch}+topograd{topograd.__version__}"
        if name == "__all__":
            return [one for one in dir(topograd) if not one.startswith("_")]
        if name in ("__file__", "__cached__", "__wrapped__"):
            raise AttributeError(f"module 'torch' has no attribute '{name}'")
        return getattr(topograd, name)

    def __dir__(self) -> list[str]:
        import topograd

        return dir(topograd)


class _AliasLoader:  # not of importlib.abc, which brings in a hundred modules
    """Puts the module of topograd where that of torch is expected."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _TorchModule(ALIAS) if spec.name == ALIAS else ModuleType(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        if name == ALIAS:
            return
        from importlib import import_module

        from topograd import _places

        below = name[len(ALIAS) + 1 :]
        if below in _places.PLACES and not _exists(f"{PACKAGE}.{below}"):
            sys.modules[name] = _places.place(below)
            return
        own = import_module(f"{PACKAGE}.{below}")
        if _places.has_below(below) and not hasattr(own, "__path__"):
            own.__path__ = []
        sys.modules[name] = own


_LOADER: Any = _AliasLoader()


class _AliasFinder:
    """Finds torch and torch.* as topograd and topograd.*."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if not _is_torch(fullname):
            return None
        from importlib.machinery import ModuleSpec

        if fullname == ALIAS:
            return ModuleSpec(fullname, _LOADER, is_package=True)
        below = fullname[len(ALIAS) + 1 :]
        if f"{PACKAGE}.{below}" not in sys.modules and not _exists(f"{PACKAGE}.{below}"):
            from topograd import _absent, _places

            if below not in _places.PLACES:
                raise ModuleNotFoundError(
                    f"No module named '{fullname}': topograd has no {below}"
                    f"{_absent.hint(below)}; `python -m topograd.porting` lists what a program "
                    "uses that is not here",
                    name=fullname,
                )
        return ModuleSpec(fullname, _LOADER, is_package=True)


def _exists(name: str) -> bool:
    from importlib.util import find_spec

    if name in sys.modules:
        return True
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


class Alias:
    """What `as_torch` returns: undo() takes the alias away; so does the end of a `with` block."""

    def undo(self) -> None:
        """Takes the alias away, once; what was imported keeps working."""
        if _installed and self in _installed:
            _installed.remove(self)
        if not _installed:
            _fresh_processes(False)
            sys.meta_path[:] = [one for one in sys.meta_path if one is not _finder]
            for name in [one for one in sys.modules if _is_torch(one)]:
                del sys.modules[name]

    def __enter__(self) -> ModuleType:
        """The module that `import torch` gives."""
        from importlib import import_module

        return import_module(ALIAS)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.undo()


_finder = _AliasFinder()
_installed: list[Alias] = []


def _is_torch(name: str) -> bool:
    return name == ALIAS or name.startswith(ALIAS + ".")


def _fresh_processes(aliased: bool) -> None:
    """Lets processes that are started afresh have the alias before they import the program."""
    from multiprocessing import spawn

    plain = getattr(spawn.get_command_line, "plain", spawn.get_command_line)
    spawn.get_command_line = _aliased_command(plain) if aliased else plain
    try:
        from multiprocessing import forkserver
    except ImportError:  # a system without fork()
        return
    server: Any = forkserver._forkserver
    preload = [name for name in server._preload_modules if name != PRELOAD]
    # It would import the program first of all; so the program is left to the processes.
    others = [name for name in preload if name != "__main__"]
    server._preload_modules = [PRELOAD, *others] if aliased else preload or ["__main__"]


def _aliased_command(plain: Any) -> Any:
    def get_command_line(**options: Any) -> list[str]:
        command: list[str] = plain(**options)
        if "-c" in command:
            at = command.index("-c") + 1
            folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
            command[at] = (
                f"import sys; sys.path.append({folder!r}); import {PACKAGE}; "
                f"{PACKAGE}.as_torch(); {command[at]}"
            )
        return command

    get_command_line.plain = plain  # type: ignore[attr-defined]
    return get_command_line


def as_torch() -> Alias:
    """From now on, `import torch` and `from torch.nn import functional` give topograd.

    Returns an object whose undo() takes that back; as a context manager it does so at the end.
    Calls nest.  torch.__version__ is the version of PyTorch whose names topograd has.  Raises
    RuntimeError if PyTorch itself was imported already: its tensors and topograd's do not mix.
    Whole programs are run by `python -m topograd.as_torch program.py`.  Processes that are started
    afresh (spawn, or a forkserver that is started after as_torch()) have the alias too.

    >>> import subprocess, sys
    >>> program = "import topograd; topograd.as_torch(); import torch; print(torch.ones(2))"
    >>> print(subprocess.run([sys.executable, "-c", program], stdout=-1, text=True).stdout, end="")
    tensor([1., 1.])
    """
    present = sys.modules.get(ALIAS)
    if present is not None and not isinstance(present, _TorchModule):
        raise RuntimeError(
            "as_torch: PyTorch itself has been imported in this process "
            f"({getattr(present, '__file__', 'torch')}); call as_torch() before anything that does"
        )
    alias = Alias()
    if not _installed:
        from importlib import import_module

        sys.meta_path.insert(0, _finder)
        import_module(ALIAS)
        _fresh_processes(True)
    _installed.append(alias)
    return alias
