"""The progress line under the name that it had: `topograd.display.progress`."""

from topograd.display.progress import Progress as Progress
