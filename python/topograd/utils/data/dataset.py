"""The part of `topograd.data` that PyTorch has in `torch.utils.data.dataset`."""

from topograd.data import ChainDataset as ChainDataset
from topograd.data import ConcatDataset as ConcatDataset
from topograd.data import Dataset as Dataset
from topograd.data import IterableDataset as IterableDataset
from topograd.data import StackDataset as StackDataset
from topograd.data import Subset as Subset
from topograd.data import TensorDataset as TensorDataset
from topograd.data import random_split as random_split
