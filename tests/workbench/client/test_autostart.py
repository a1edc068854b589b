"""The local service starts by itself, once, whoever asks, and says why when it cannot.

A small real server stands in for the service: it takes the home's lock, listens on its socket and
answers two questions.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from toolvet.client import autostart, locks
from toolvet.client.errors import NoHomeError, StartError
from toolvet.config import VERSION, Settings

SERVER = """
import fcntl, http.server, json, os, socket, socketserver, sys, threading
home, version = sys.argv[1], sys.argv[2]
with open(home + "/starts", "a") as starts:
    starts.write("x")
lock = os.open(home + "/run/service.lock", os.O_RDWR | os.O_CREAT)
fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, body):
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        self.answer({"ok": True, "service_id": "s", "version": version, "pid": os.getpid()})

    def do_POST(self):
        self.answer({"ok": True})
        threading.Thread(target=self.server.shutdown).start()

    def address_string(self):
        return "unix"

    def log_message(self, *_):
        pass

class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

with Server(home + "/run/service.sock", Handler) as server:
    server.serve_forever(0.01)
"""


def server(settings: Settings, version: str = VERSION) -> list[str]:
    return [sys.executable, "-c", SERVER, str(settings.home), version]


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    made = Settings(home=tmp_path / "home", config_dir=tmp_path / "config")
    made.paths.run.mkdir(parents=True)
    made.paths.log_key.write_text("stands for a whole home")
    yield made
    autostart.stop(made)


def starts(settings: Settings) -> int:
    return len((settings.home / "starts").read_text())


def test_many_commands_at_once_start_one_service(settings: Settings) -> None:
    found: list[int] = []

    def ask() -> None:
        found.append(autostart.ensure_running(settings, command=server(settings)).pid)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len(set(found)) == 1
    assert starts(settings) == 1


def test_a_running_service_is_left_alone(settings: Settings) -> None:
    first = autostart.ensure_running(settings, command=server(settings))

    assert autostart.ensure_running(settings, command=server(settings)) == first
    assert starts(settings) == 1


def test_a_socket_that_a_crash_left_is_in_nobodys_way(settings: Settings) -> None:
    first = autostart.ensure_running(settings, command=server(settings))
    os.kill(first.pid, signal.SIGKILL)
    assert settings.paths.socket.exists()

    second = autostart.ensure_running(settings, command=server(settings))

    assert second.pid != first.pid


def test_a_service_of_another_version_is_asked_to_end_first(settings: Settings) -> None:
    old = server(settings, "0.0.1")
    process = subprocess.Popen(old)
    while autostart.probe(settings.paths) is None:
        assert process.poll() is None

    found = autostart.ensure_running(settings, command=server(settings))

    assert found.version == VERSION
    assert process.wait(10) == 0


def test_a_service_that_fails_to_start_says_why(settings: Settings) -> None:
    command = [sys.executable, "-c", "raise SystemExit('the database is locked')"]

    with pytest.raises(StartError) as caught:
        autostart.ensure_running(settings, command=command)

    assert caught.value.code == "service.start"
    assert "the database is locked" in str(caught.value)
    assert str(settings.paths.service_log) in caught.value.hint


def test_a_service_that_never_answers_is_given_up(settings: Settings) -> None:
    sleeper = [sys.executable, "-c", "import time; time.sleep(3)"]

    with pytest.raises(StartError) as caught:
        autostart.ensure_running(settings, command=sleeper, ready_s=0.3)

    assert "did not answer" in str(caught.value)


def test_while_another_process_holds_the_service_lock_none_is_started(settings: Settings) -> None:
    with locks.held(settings.paths.lock, 1.0), pytest.raises(StartError):
        autostart.ensure_running(settings, command=server(settings), ready_s=0.2)

    assert not (settings.home / "starts").exists()


def test_without_a_home_there_is_nothing_to_start(tmp_path: Path) -> None:
    nowhere = Settings(home=tmp_path / "home", config_dir=tmp_path / "config")

    with pytest.raises(NoHomeError) as caught:
        autostart.ensure_running(nowhere)

    assert caught.value.code == "home.missing"


def test_stopping_what_does_not_run_is_no_error(settings: Settings) -> None:
    assert autostart.stop(settings) is False


def test_the_service_inherits_neither_tokens_nor_python_paths(settings: Settings) -> None:
    environ = {
        "PATH": "/usr/bin",
        "TOOLVET_TOKEN": "t",
        "TOOLVET_URL": "http://elsewhere",
        "PYTHONPATH": "/evil",
        "AWS_SECRET_ACCESS_KEY": "s",
        "LD_PRELOAD": "/evil.so",
        "https_proxy": "http://proxy",
    }

    kept = autostart.clean_environment(environ, settings)

    assert kept == {
        "PATH": "/usr/bin",
        "https_proxy": "http://proxy",
        "TOOLVET_HOME": str(settings.home),
        "TOOLVET_CONFIG": str(settings.config_dir),
    }


def test_a_socket_nobody_listens_on_is_no_service(settings: Settings) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(settings.paths.socket))

    assert autostart.probe(settings.paths) is None
