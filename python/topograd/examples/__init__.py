"""Short programs that show the library at work; `python -m topograd.examples` lists them."""
