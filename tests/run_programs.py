"""Runs programs under one library, all with the same initial weights, and prints what they lost.

    python tests/run_programs.py topograd gpt vae

The last line is JSON: {program: losses}, with the text of the error where one did not run.  It is
run in a fresh interpreter for each library, because a program says `import torch`.
"""

from __future__ import annotations

import importlib
import json
import sys
import traceback
import zlib
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).resolve().parent / "programs"


def programs() -> list[str]:
    """The names of all programs."""
    return sorted(path.stem for path in FOLDER.glob("*.py"))


def initialize(module: Any) -> None:
    """Loads weights that depend on names and shapes alone: uniform within 1 / sqrt(fan in).

    Vectors that the program set to a constant, such as scales of norms, stay as they are.
    """
    state = module.state_dict()
    for name, parameter in module.named_parameters():
        values = parameter.detach().numpy()
        if values.ndim < 2 and values.size > 1 and np.all(values == values.flat[0]):
            continue
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        fan_in = int(np.prod(values.shape[1:])) if values.ndim > 1 else 25
        bound = 1 / np.sqrt(fan_in)
        drawn = rng.uniform(-bound, bound, values.shape).astype(values.dtype)
        state[name] = _tensor(drawn)
    module.load_state_dict(state)


def _tensor(array: Any) -> Any:
    import torch

    return torch.from_numpy(array)


def main() -> None:
    library, *names = sys.argv[1:]
    if library == "topograd":
        import topograd

        topograd.as_torch()
    import torch

    if torch.Tensor.__module__.partition(".")[0] != library:
        raise SystemExit(f"torch is {torch.__file__}, not {library}'s")
    sys.path.insert(0, str(FOLDER))
    results: dict[str, Any] = {}
    for name in names or programs():
        try:
            results[name] = importlib.import_module(name).main(initialize)
        except Exception:
            results[name] = traceback.format_exc()
    print(json.dumps(results))


if __name__ == "__main__":
    main()
