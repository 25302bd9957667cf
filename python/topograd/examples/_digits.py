"""The scanned digits as the examples learn from them, and how well a network reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import topograd as tg
from topograd._C import Tensor
from topograd.datasets import digits
from topograd.demo.train import prepared, split


class Digits(NamedTuple):
    """(N, 1, 8, 8) images from 0 (paper) to 1 (ink) and (N,) labels: 1,438 and 359 of them."""

    images: Tensor
    labels: Tensor
    test_images: Tensor
    test_labels: Tensor


def load() -> Digits:
    """Return the digits, the same 20 % of every digit set apart for the test on every run."""
    images, labels = digits()
    training, test = split(labels)
    inputs = prepared(images)
    return Digits(inputs[training], labels[training], inputs[test], labels[test])


def accuracy(model: Callable[[Tensor], Any], images: Tensor, labels: Tensor) -> float:
    """Return the share of the images whose largest logit is that of their label."""
    with tg.no_grad():
        read = model(images).argmax(dim=1)
    share: float = (read == labels).float().mean().item()
    return share
