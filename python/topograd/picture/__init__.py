"""Pictures of a recorded graph: SVG, a page, Graphviz's language; all offline.

`methods` is what tensors, modules and graphs call; the other parts are imported when something is
drawn.  `scene` reads a graph, `layout` places it, `svg`, `page` and `dot` write it.
"""

from __future__ import annotations

from topograd.picture.methods import drawn, graph_of_model, named_graph, notebook, shown

__all__ = ["drawn", "graph_of_model", "named_graph", "notebook", "shown"]
