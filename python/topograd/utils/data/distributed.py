"""The part of `topograd.data` that PyTorch has in `torch.utils.data.distributed`."""

from topograd.data import DistributedSampler as DistributedSampler
