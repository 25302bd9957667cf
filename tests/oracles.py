"""The expected values of every op, by plain NumPy and by another hand than the library's.

`ORACLES[name]` takes NumPy arrays where the op takes tensors, with PyTorch's argument names, and
returns the expected array (or a tuple of arrays). `WITHOUT_ORACLE[name]` gives the reason why an op
has none; `tests/test_ops.py` fails for an op that is in neither.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oracles_complex import COMPLEX
from oracles_images import IMAGES
from oracles_losses import LOSSES
from oracles_nn import NN
from oracles_order import ORDER
from oracles_placing import PLACING
from oracles_pointwise import POINTWISE
from oracles_recurrent import RECURRENT
from oracles_reductions import REDUCTIONS
from oracles_shape import SHAPE
from oracles_special import SPECIAL
from oracles_windows import WINDOWS

ORACLES: dict[str, Callable[..., Any]] = (
    POINTWISE
    | REDUCTIONS
    | SHAPE
    | NN
    | LOSSES
    | SPECIAL
    | ORDER
    | PLACING
    | COMPLEX
    | RECURRENT
    | WINDOWS
    | IMAGES
)

RANDOM = "random: distributions and reproducibility are tested in test_random.py"
DROPPED = "random: distributions and reproducibility are tested in test_nn_noise.py"
UNINITIALISED = "uninitialised memory: only shape and dtype are defined, tested in test_creation.py"

WITHOUT_ORACLE: dict[str, str] = {
    "rand": RANDOM,
    "randn": RANDOM,
    "randint": RANDOM,
    "randperm": RANDOM,
    "rand_like": RANDOM,
    "randn_like": RANDOM,
    "randint_like": RANDOM,
    "bernoulli": RANDOM,
    "multinomial": RANDOM,
    "normal": RANDOM,
    "uniform": RANDOM,
    "normal.fill": RANDOM,
    "bernoulli.fill": RANDOM,
    "bernoulli.p": RANDOM,
    "bernoulli.each": RANDOM,
    "exponential": RANDOM,
    "random": RANDOM,
    "cauchy": RANDOM,
    "log_normal": RANDOM,
    "geometric": RANDOM,
    "poisson": RANDOM,
    "binomial": RANDOM,
    "dropout": RANDOM,
    "dropout1d": DROPPED,
    "dropout2d": DROPPED,
    "dropout3d": DROPPED,
    "alpha_dropout": DROPPED,
    "feature_alpha_dropout": DROPPED,
    "rrelu": DROPPED,
    "gumbel_softmax": DROPPED,
    "empty": UNINITIALISED,
    "empty_like": UNINITIALISED,
    "new_empty": UNINITIALISED,
}
