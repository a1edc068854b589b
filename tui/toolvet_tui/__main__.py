"""`python -m toolvet_tui`: the same as `toolvet tui`."""

from toolvet_tui.start import run

run()
