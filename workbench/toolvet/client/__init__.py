"""The typed client every face uses: transport, views, memory of checkpoints, keys and acts.

It imports neither the engine nor anything slow: a command answers in a third of a second.
"""

from toolvet.client.client import Client
from toolvet.client.connect import connect
from toolvet.client.errors import RemoteError

__all__ = ["Client", "RemoteError", "connect"]
