"""The part of `topograd.data` that PyTorch has in `torch.utils.data.sampler`."""

from topograd.data import BatchSampler as BatchSampler
from topograd.data import RandomSampler as RandomSampler
from topograd.data import Sampler as Sampler
from topograd.data import SequentialSampler as SequentialSampler
from topograd.data import SubsetRandomSampler as SubsetRandomSampler
from topograd.data import WeightedRandomSampler as WeightedRandomSampler
