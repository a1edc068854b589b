import socket


def serve() -> None:
    listener = socket.socket()
    listener.bind(("0.0.0.0", 4444))
