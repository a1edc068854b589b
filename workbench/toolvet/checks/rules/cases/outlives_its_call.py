import os
import subprocess


def stays() -> None:
    # ruleid: outlives-its-call
    subprocess.Popen(["sync-data"], start_new_session=True)
    # ruleid: outlives-its-call
    os.fork()


def waits() -> None:
    # ok: outlives-its-call
    subprocess.run(["sync-data"], check=True)
