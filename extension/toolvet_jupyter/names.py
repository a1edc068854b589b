"""Names that the page, this server and Jupyter agree on. Pure; loads nothing."""

EVENTS = "https://events.toolvet.dev/queue/v1"
"""Schema id of what this server emits on Jupyter's event stream: `LogGrew`."""

SESSION_HEADER = "X-Toolvet-Session"
"""Carries the session that a person's key opened; it lives in the page and nowhere else."""

SESSION_S = 15 * 60
"""How long the service lets a session live; the page forgets it no later."""

SHOW_OPTION = "toolvetShow"
"""Page option: `true` when `toolvet lab` started this server, so that the queue is shown."""
