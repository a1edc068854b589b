"""Toolvet in JupyterLab: the server side. Importing it loads neither Jupyter nor the client.

It is a face like the others: it asks the service through `toolvet.client` and decides nothing. What
the page may say to it is in `wire.py`, who may say it in `handlers.py`.
"""

__all__ = ["_jupyter_labextension_paths", "_jupyter_server_extension_points"]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "@toolvet/jupyterlab"}]


def _jupyter_server_extension_points() -> list[dict[str, object]]:
    from toolvet_jupyter.app import ToolvetExtension  # noqa: PLC0415  only a Jupyter server calls

    return [{"module": "toolvet_jupyter", "app": ToolvetExtension}]
