import socket


def ask() -> None:
    connection = socket.create_connection(("db.example.com", 5432), timeout=5)
    connection.close()
