import os
import pty


def opened(sock: object) -> None:
    # ruleid: reverse-shell
    os.dup2(sock.fileno(), 0)
    # ruleid: reverse-shell
    pty.spawn("/bin/sh")


def closed(sock: object) -> None:
    # ok: reverse-shell
    sock.close()
