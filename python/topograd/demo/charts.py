"""The charts under the name that they had: `topograd.display.charts`."""

from topograd.display.charts import Axis as Axis
from topograd.display.charts import Series as Series
from topograd.display.charts import accuracy_axis as accuracy_axis
from topograd.display.charts import confusion_matrix as confusion_matrix
from topograd.display.charts import digit as digit
from topograd.display.charts import line_chart as line_chart
from topograd.display.charts import loss_axis as loss_axis
