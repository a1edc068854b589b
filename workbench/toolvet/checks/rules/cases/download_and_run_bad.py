import urllib.request


def update() -> None:
    with urllib.request.urlopen("https://example.com/x.py") as answer:
        exec(answer.read())
