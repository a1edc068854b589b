"""The command line: data to stdout, everything said to people to stderr.

Exit codes: 0 yes, 1 the answer is no, 2 usage, 3 not reachable or broken. Commands import what
they need when they run, so that `toolvet queue` answers in a third of a second.
"""

from toolvet.cli.app import main

__all__ = ["main"]
