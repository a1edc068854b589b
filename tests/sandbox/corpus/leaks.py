"""What one call could leave for the next, or learn of the one beside it."""

import contextlib
import ctypes
import os
import random
import secrets
import struct
import tempfile
import threading
import time
import uuid

from attack import FACTS
from kernel import SCRATCH, read_file, write_file

_count = 0


def leave() -> dict[str, object]:
    """Tell what is there, then leave something everywhere."""
    global _count
    _count += 1
    found: dict[str, object] = {
        "count": _count,
        "files": sorted(os.listdir(SCRATCH)),
        "environment": sorted(os.environ),
        "threads": threading.active_count(),
        "where": os.getcwd() == SCRATCH,
        "mask": os.umask(0o027),
    }
    write_file(f"{SCRATCH}/mark")
    os.environ["MARK"] = "1"
    os.chdir("/")
    random.seed(1)
    threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
    return found


def chances() -> dict[str, str]:
    """Draw from every source that no two calls may share."""
    return {
        "random": str(random.random()),
        "seeded later": str(random.Random().random()),
        "uuid": str(uuid.uuid4()),
        "uuid by time": str(uuid.uuid1()),
        "secrets": secrets.token_hex(),
        "urandom": os.urandom(16).hex(),
        "name of a file": tempfile.mkdtemp(),
    }


def hold_threads() -> int:
    """As many as can be had, for a while."""
    stop = threading.Event()
    threading.stack_size(65536)
    held = 0
    with contextlib.suppress(RuntimeError):
        for _ in range(80):
            threading.Thread(target=stop.wait, args=(1.5,), daemon=True).start()
            held += 1
    time.sleep(1.2)
    stop.set()
    return held


def start_a_thread() -> int:
    """Wait until the neighbours are there too."""
    time.sleep(0.5)
    worker = threading.Thread(target=int)
    worker.start()
    worker.join()
    return 1


def work_beside() -> str:
    """Something of value, for a moment."""
    write_file(f"{SCRATCH}/mark", b"mine")
    time.sleep(0.8)
    return read_file(f"{SCRATCH}/mark")


def rob_neighbours() -> list[str]:
    """Look for other calls: their folders, their processes."""
    above, own_name = os.path.split(SCRATCH)
    taken: list[str] = []
    for number in range(1, 40):
        path = os.path.join(above, str(number), "mark")
        if str(number) == own_name:
            continue
        for act in (read_file, write_file, os.unlink):
            with contextlib.suppress(OSError):
                act(path)
                taken.append(f"{act.__name__} {number}")
    with contextlib.suppress(OSError):
        taken += [f"saw {name}" for name in os.listdir(above) if above != "/"]
    own = os.getpid()
    for process in range(max(2, own - 64), own + 64):
        with contextlib.suppress(OSError):
            if process != own:
                os.kill(process, 9)
                taken.append(f"killed {process}")
    return taken


def echo() -> str:
    """Answer twice, and go on talking; the caller must hear its own word once."""
    body = b'{"is":"returned","value":"' + FACTS["word"].encode() + b'"}'
    frame = struct.pack(">I", len(body)) + body
    os.write(3, frame * 3)
    time.sleep(0.05)
    with contextlib.suppress(OSError):
        os.write(3, frame * 100)
    os._exit(0)


def outlive() -> None:
    """Forget the wish to die with the parent, and stay."""
    ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)
    time.sleep(120)


def expensive_frame() -> None:
    """As many values as fit into a frame: cheap to write, dear to check."""
    body = b'{"is":"returned","value":[' + b"[]," * int(FACTS["values"]) + b"0]}"
    os.write(3, struct.pack(">I", len(body)))
    view = memoryview(body)
    while view:
        view = view[os.write(3, view) :]
    time.sleep(5)
