"""The main job, `topograd demo`: a small convolutional network learns to read scanned digits.

`train` holds the network and its training, `report` the page that shows what came of it.
"""
