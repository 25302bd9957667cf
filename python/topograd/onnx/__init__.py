"""Models as ONNX files, which other programs run.

>>> import topograd as tg
>>> callable(tg.onnx.export)
True
"""

from topograd.onnx.convert import UnsupportedOperatorError
from topograd.onnx.exporting import OnnxExporterError, export

__all__ = ["OnnxExporterError", "UnsupportedOperatorError", "export"]
