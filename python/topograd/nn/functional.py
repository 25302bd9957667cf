"""The functions of `torch.nn.functional`: those of the registry, and those made of them.

>>> import topograd as tg
>>> import topograd.nn.functional as F
>>> F.relu(tg.tensor([-1.0, 2.0])).tolist()
[0.0, 2.0]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from topograd import _C
from topograd.nn import adapted, adapted_losses, adapted_pooling
from topograd.nn.adapted import *  # noqa: F403
from topograd.nn.adapted_losses import *  # noqa: F403
from topograd.nn.adapted_pooling import *  # noqa: F403
from topograd.nn.composed import *  # noqa: F403
from topograd.nn.composed_activations import *  # noqa: F403
from topograd.nn.composed_attention import *  # noqa: F403
from topograd.nn.composed_images import *  # noqa: F403

# What PyTorch shows in its top-level namespace and in this one, if the registry has it.
_IN_BOTH = (
    "adaptive_avg_pool1d adaptive_max_pool1d alpha_dropout avg_pool1d batch_norm bilinear "
    "binary_cross_entropy_with_logits celu celu_ channel_shuffle conv1d conv2d conv3d "
    "conv_transpose1d conv_transpose2d conv_transpose3d cosine_similarity dropout embedding "
    "feature_alpha_dropout group_norm hardshrink instance_norm kl_div layer_norm log_softmax "
    "native_channel_shuffle pairwise_distance pdist pixel_shuffle pixel_unshuffle prelu relu_ "
    "rms_norm rrelu selu selu_ sigmoid softmax tanh threshold threshold_"
).split()

# A registry op hides a composition of the same name (a test asks to delete the composition then),
# but not the function that adapts it to PyTorch's arguments.
_adapted = {*adapted.__all__, *adapted_losses.__all__, *adapted_pooling.__all__}
_from_registry = {name: _C.functions[name] for name in _IN_BOTH if name in _C.functions}
_from_registry |= _C.nn_functions
globals().update({name: op for name, op in _from_registry.items() if name not in _adapted})

if TYPE_CHECKING:
    from collections.abc import Callable

    from topograd._C import Tensor

    def __getattr__(name: str) -> Callable[..., Tensor]: ...
