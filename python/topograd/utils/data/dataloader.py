"""The part of `topograd.data` that PyTorch has in `torch.utils.data.dataloader`."""

from topograd.data import DataLoader as DataLoader
from topograd.data import default_collate as default_collate
from topograd.data import default_convert as default_convert
from topograd.data import get_worker_info as get_worker_info
