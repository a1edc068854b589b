import html

from flask import Flask, make_response, render_template, request

app = Flask(__name__)


@app.route("/hello")
def hello() -> str:
    # ruleid: xss-in-response
    return "<p>Hello " + request.args.get("name", "") + "</p>"


@app.route("/user/<name>")
def user(name: str) -> str:
    page = f"<h1>{name}</h1>"
    # ruleid: xss-in-response
    return page


@app.post("/note")
def note() -> object:
    # ruleid: xss-in-response
    return make_response(f"kept {request.form['note']}")


@app.route("/safe")
def safe() -> str:
    # ok: xss-in-response
    return "<p>Hello " + html.escape(request.args.get("name", "")) + "</p>"


@app.route("/page")
def page() -> str:
    # ok: xss-in-response
    return render_template("page.html", name=request.args.get("name"))


@app.route("/json")
def as_json() -> dict[str, str]:
    # ok: xss-in-response
    return {"name": request.args["name"]}
