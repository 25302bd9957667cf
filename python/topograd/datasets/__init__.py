"""Small real data that comes with the package: nothing is fetched from a network."""

from __future__ import annotations

from pathlib import Path

import topograd as tg
from topograd._C import Tensor

__all__ = ["digits"]


def digits() -> tuple[Tensor, Tensor]:
    """Return the 1,797 scanned digits of the UCI optical-recognition set, and what they show.

    Images: (1797, 8, 8), uint8, 0 (paper) to 16 (ink).  Labels: (1797,), int64, 0 to 9.
    The order is the source's; there are 174 to 183 images of every digit.  Raises OSError if the
    package's file `digits.npz` cannot be read.  Source: E. Alpaydin and C. Kaynak, 1998, CC BY 4.0
    (`ATTRIBUTION.md` beside the file).

    >>> images, labels = digits()
    >>> tuple(images.shape), labels[:5].tolist()
    ((1797, 8, 8), [0, 1, 2, 3, 4])
    """
    import numpy

    path = Path(__file__).with_name("digits.npz")
    with numpy.load(path, allow_pickle=False) as archive:
        images, labels = archive["images"], archive["labels"].astype(numpy.int64)
    return tg.from_numpy(images), tg.from_numpy(labels)
