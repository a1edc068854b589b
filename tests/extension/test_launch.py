"""`toolvet lab`: JupyterLab on this machine only, with the queue open and no news of others."""

import json
import os
import re
import select
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from at_jupyter import fetch_json
from stage import answers, free_port

from toolvet_jupyter.errors import LabMissingError
from toolvet_jupyter.launch import LABEXTENSION, is_built, main

LAB = [sys.executable, "-m", "toolvet.cli", "lab", "--no-browser"]


@pytest.fixture
def jupyter_env(tmp_path: Path) -> dict[str, str]:
    """Give Jupyter folders of its own, with a front end that consists of its description."""
    built = tmp_path / "data" / "labextensions" / LABEXTENSION
    (built / "static").mkdir(parents=True)
    entry = {"load": "static/entry.js", "extension": "./extension"}
    (built / "static" / "entry.js").write_text("")
    (built / "package.json").write_text(
        json.dumps({"name": LABEXTENSION, "version": "0.1.0", "jupyterlab": {"_build": entry}})
    )
    return {
        **os.environ,
        "TOOLVET_HOME": str(tmp_path / "home"),
        "TOOLVET_CONFIG": str(tmp_path / "config"),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "jupyter"),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
    }


def ready(process: "subprocess.Popen[bytes]", url: str) -> bool:
    until = time.monotonic() + 90
    while time.monotonic() < until and process.poll() is None:
        if answers(f"{url}/api"):
            return True
        select.select([], [], [], 0.05)
    return False


def page_config(url: str, token: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{url}/lab?token={token}", timeout=60) as answer:
        page = answer.read().decode()
    found = re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_the_lab_opens_on_loopback_with_the_queue_shown_and_news_off(
    jupyter_env: dict[str, str], tmp_path: Path
) -> None:
    port, token = free_port(), "a" * 32
    url = f"http://127.0.0.1:{port}"
    given = [f"--port={port}", f"--IdentityProvider.token={token}", "--ServerApp.port_retries=0"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [*LAB, *given], env=jupyter_env, cwd=tmp_path, stdout=log, stderr=log
        )
    try:
        assert ready(process, url), (tmp_path / "log").read_text()
        options = page_config(url, token)
        settings = fetch_json(
            f"{url}/lab/api/settings/@jupyterlab/apputils-extension:notification",
            None,
            None,
            {"Authorization": f"token {token}"},
        )
        listening = (tmp_path / "log").read_text()
    finally:
        process.terminate()
        process.wait(30)

    assert options["toolvetShow"] in (True, "true")
    assert LABEXTENSION in [one["name"] for one in options["federated_extensions"]]
    assert settings.data["schema"]["properties"]["fetchNews"]["default"] == "false"
    assert "127.0.0.1" in listening
    assert not (tmp_path / "jupyter" / "labconfig").exists()
    assert not (tmp_path / "home").exists()


def test_without_the_front_end_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("DATA_DIR", "PATH"):
        monkeypatch.setenv(f"JUPYTER_{name}", str(tmp_path))
    monkeypatch.setenv("JUPYTER_NO_CONFIG", "1")
    monkeypatch.setattr("jupyter_core.paths.ENV_JUPYTER_PATH", [str(tmp_path)])
    monkeypatch.setattr("jupyter_core.paths.SYSTEM_JUPYTER_PATH", [str(tmp_path)])

    assert not is_built()
    with pytest.raises(LabMissingError) as refused:
        main([])

    assert refused.value.code == "lab.missing"
    assert "TOOLVET_WITHOUT_LAB" in refused.value.hint
