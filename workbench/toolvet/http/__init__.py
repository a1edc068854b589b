"""The HTTP API and its event stream: parse, call the engine, render."""

from toolvet.http.app import create_app

__all__ = ["create_app"]
