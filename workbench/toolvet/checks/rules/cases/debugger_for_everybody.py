from flask import Flask

app = Flask(__name__)


def serve() -> None:
    # ruleid: debugger-for-everybody
    app.run(host="127.0.0.1", debug=True)


def serve_quietly(step: object) -> None:
    # ok: debugger-for-everybody
    app.run(host="127.0.0.1")
    # ok: debugger-for-everybody
    step.run(debug=True)
