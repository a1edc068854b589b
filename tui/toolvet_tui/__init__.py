"""The terminal app: the queue and one review screen, for people who decide by keyboard.

It is a face like the others: `toolvet.client` does what it asks for, and the service has the word.
"""

from toolvet_tui.start import main

__all__ = ["main"]
