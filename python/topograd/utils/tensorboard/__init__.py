"""What TensorBoard shows, written without it: `tg.utils.tensorboard.SummaryWriter`."""

from topograd.utils.tensorboard.writer import SummaryWriter

__all__ = ["SummaryWriter"]
