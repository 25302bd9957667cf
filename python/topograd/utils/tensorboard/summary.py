"""The messages that TensorBoard shows: numbers, histograms, images, sounds, texts, settings."""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from topograd.utils.tensorboard.png import as_image, encoded
from topograd.utils.tensorboard.records import double, doubles, integer, message, real, text

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

__all__ = [
    "array_of",
    "audio",
    "histogram",
    "histogram_of",
    "hparams",
    "image",
    "number_of",
    "scalar",
    "step_of",
    "tensor",
    "text_summary",
]

_FLOAT, _STRING = 1, 7  # of the enumeration DataType


def array_of(function: str, value: Any) -> Array:
    """A NumPy array of a tensor of any library, an array or numbers."""
    import numpy as np

    from topograd import Tensor

    if isinstance(value, Tensor):
        value = value.detach()
        value = value.float() if str(value.dtype).endswith("bfloat16") else value
    elif hasattr(value, "detach"):
        value = value.detach().cpu()
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{function}: expects numbers, got {type(value).__name__} {array.dtype}")
    return array


def number_of(function: str, value: Any) -> float:
    """The only element of a tensor or array, or a number."""
    array = array_of(function, value)
    if array.size != 1:
        raise ValueError(f"{function}: expects one number, got shape {array.shape}")
    return float(array.reshape(()))


def step_of(value: Any) -> int:
    """The number of a step, which has 64 bits."""
    step = value if isinstance(value, int) else int(number_of("global_step", value))
    if not -(2**63) <= step < 2**63:
        raise ValueError(f"global_step: expects an integer of 64 bits, got {step}")
    return step


def _value(tag: str, *fields: bytes) -> bytes:
    """A Summary of one value."""
    if not isinstance(tag, str):
        raise TypeError(f"SummaryWriter: expects a string as tag, got {type(tag).__name__}")
    return message(1, text(1, tag), *fields)


def _metadata(plugin: str, content: bytes = b"") -> bytes:
    return message(9, message(1, text(1, plugin), message(2, content)))


def _shape(sizes: Iterable[int]) -> list[bytes]:
    return [message(2, integer(1, size)) for size in sizes]


def scalar(
    tag: str, value: float, new_style: bool = False, double_precision: bool = False
) -> bytes:
    """A number: as a simple value, or as a tensor of the plug-in for scalars."""
    if not new_style and not double_precision:
        return _value(tag, real(2, value))
    number = (
        integer(1, 2) + doubles(6, [value])
        if double_precision
        else integer(1, _FLOAT) + message(5, struct.pack("<f", value))
    )
    return _value(tag, message(8, number, message(2)), _metadata("scalars"))


def tensor(tag: str, values: Array) -> bytes:
    """A tensor of numbers as it is."""
    flat = values.astype("<f4").reshape(-1)
    numbers = integer(1, _FLOAT) + message(5, flat.tobytes())
    return _value(tag, message(8, numbers, message(2, *_shape(values.shape))), _metadata("tensor"))


def text_summary(tag: str, value: str) -> bytes:
    """A text, shown as Markdown."""
    content = message(8, integer(1, _STRING), message(2, *_shape([1])), text(8, value))
    return _value(f"{tag}/text_summary", content, _metadata("text"))


# ---------------------------------------------------------------- histograms


def _default_edges() -> Array:
    """Edges that grow by a tenth each, on both sides of 0."""
    import numpy as np

    positive = 1e-12 * 1.1 ** np.arange(774)
    return np.concatenate([-positive[::-1], [0.0], positive])


def histogram_of(function: str, values: Array, bins: Any, max_bins: int | None) -> bytes:
    """The Summary value's histogram of numbers.

    bins: 'tensorflow' (edges that grow by a tenth), or what numpy.histogram takes.
    """
    import numpy as np

    flat = values.reshape(-1).astype(np.float64)
    if flat.size == 0:
        raise ValueError(f"{function}: expects at least one value, got shape {values.shape}")
    if not np.isfinite(flat).all():
        raise ValueError(f"{function}: expects finite values, got NaN or infinite ones")
    if isinstance(bins, str) and bins == "tensorflow":
        edges = _default_edges()
        edges = np.concatenate([[min(edges[0], flat.min())], edges, [max(edges[-1], flat.max())]])
        counts, limits = np.histogram(flat, bins=np.unique(edges))
    else:
        counts, limits = np.histogram(flat, bins=bins)
    if max_bins is not None and len(counts) > max_bins > 0:
        every = -(-len(counts) // max_bins)
        starts = np.arange(0, len(counts), every)
        counts = np.add.reduceat(counts, starts)
        limits = np.append(limits[starts], limits[-1])
    right, filled = _without_empty_ends(counts, limits)
    sums = (float(flat.sum()), float(np.square(flat).sum()))
    return histogram(float(flat.min()), float(flat.max()), flat.size, *sums, right, filled)


def _without_empty_ends(counts: Array, limits: Array) -> tuple[Sequence[float], Sequence[float]]:
    """Right edges and counts of the buckets from the first to the last that is not empty."""
    import numpy as np

    filled = np.nonzero(counts)[0]
    if filled.size == 0:
        raise ValueError("add_histogram: no value lies within the bins")
    first, last = int(filled[0]), int(filled[-1]) + 1
    upper = limits[first + 1 : last + 1].tolist()
    # Each bucket begins where the one before ends: an empty one tells where the first begins.
    return [float(limits[first]), *upper], [0.0, *counts[first:last].tolist()]


def histogram(
    low: float,
    high: float,
    count: float,
    total: float,
    squares: float,
    limits: Sequence[float],
    counts: Sequence[float],
) -> bytes:
    """A HistogramProto of what is known of it."""
    numbers = (low, high, count, total, squares)
    fields = [double(k + 1, float(value)) for k, value in enumerate(numbers)]
    return message(5, *fields, doubles(6, limits), doubles(7, counts))


def tagged(tag: str, value: bytes) -> bytes:
    """A Summary of a value that is encoded already."""
    return _value(tag, value)


# ---------------------------------------------------------------- images and sounds


def image(function: str, tag: str, values: Array, dataformats: str) -> bytes:
    """An image, or several as a grid."""
    pixels = as_image(function, values, dataformats)
    height, width, channels = pixels.shape
    fields = integer(1, height), integer(2, width), integer(3, channels)
    return _value(tag, message(4, *fields, message(4, encoded(pixels))))


def audio(tag: str, samples: Array, sample_rate: int) -> bytes:
    """Samples in [-1, 1], (length,) or (channels, length), as a WAV file of 16 bits."""
    import numpy as np

    channels = samples.reshape(1, -1) if samples.ndim < 2 else samples
    if channels.ndim != 2:
        raise ValueError(f"add_audio: expects (length,) or (channels, length), got {samples.shape}")
    levels = (np.clip(channels.T, -1, 1) * (2**15 - 1)).astype("<i2")
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(channels.shape[0])
        sound.setsampwidth(2)
        sound.setframerate(sample_rate)
        sound.writeframes(levels.tobytes())
    fields = (
        real(1, sample_rate),
        integer(2, channels.shape[0]),
        integer(3, channels.shape[1]),
        message(4, file.getvalue()),
        text(5, "audio/wav"),
    )
    return _value(tag, message(6, *fields))


# ---------------------------------------------------------------- settings of an experiment


def _setting(name: str, value: Any) -> tuple[int, bytes]:
    """The DataType of a setting, and its google.protobuf.Value."""
    if isinstance(value, bool):
        return 2, integer(4, value)
    if isinstance(value, (int, float)):
        return 3, double(2, value)
    if isinstance(value, str):
        return 1, text(3, value)
    if hasattr(value, "item"):
        return _setting(name, value.item())
    raise TypeError(
        f"add_hparams: expects numbers, strings and truth values, got {type(value).__name__} for "
        f"{name!r}"
    )


def _listed(values: Iterable[Any], name: str) -> bytes:
    """A ListValue of what a setting may be."""
    return message(5, *[message(1, _setting(name, value)[1]) for value in values])


def hparams(
    settings: Mapping[str, Any],
    metrics: Iterable[str],
    choices: Mapping[str, Sequence[Any]],
) -> list[bytes]:
    """The three summaries of the plug-in: the experiment, the start and the end of its session."""
    infos, started = [], []
    for name, value in settings.items():
        kind, encoded_value = _setting(name, value)
        domain = _listed(choices[name], name) if name in choices else b""
        infos.append(message(4, text(1, name), integer(4, kind), domain))
        started.append(message(1, text(1, name), message(2, encoded_value)))
    measured = [message(5, message(1, text(2, name))) for name in metrics]
    parts = {
        "experiment": message(2, *infos, *measured),
        "session_start_info": message(3, *started),
        "session_end_info": message(4, integer(1, 1)),
    }
    return [
        _value(f"_hparams_/{name}", _metadata("hparams", integer(1, 0) + part))
        for name, part in parts.items()
    ]
