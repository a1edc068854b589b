import http.server
import socket


def listening() -> None:
    sock = socket.socket()
    # ruleid: listens-on-all-interfaces
    sock.bind(("0.0.0.0", 8080))
    # ruleid: listens-on-all-interfaces
    http.server.HTTPServer(("", 80), None).serve_forever()


def calling(form: object) -> None:
    # ok: listens-on-all-interfaces
    socket.create_connection(("api.example.com", 443))
    # ok: listens-on-all-interfaces
    form.bind("name")
