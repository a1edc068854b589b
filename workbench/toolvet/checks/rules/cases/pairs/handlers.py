import base64
import hashlib
import os
import pathlib
import pickle
import random
import secrets
import shlex
import sqlite3
import subprocess
import urllib.parse
import xml.sax
import xml.sax.handler

import flask
import ldap3
import lxml.etree
import markupsafe
import requests
import yaml
from flask import Flask, request

app = Flask(__name__)
FILES = pathlib.Path("/srv/files")
HOSTS = ["shop.example.com"]


@app.route("/a1", methods=["POST"])
def unsafe_ping():
    target = request.form.get("target")
    bar = ""
    if target:
        bar = target.split(" ")[0]
    out = os.popen("ping -c 1 " + bar).read()
    return {"out": out}


@app.route("/a2", methods=["POST"])
def safe_ping():
    target = request.form.get("target")
    out = subprocess.run(["ping", "-c", "1", "--", target], capture_output=True, text=True)
    return {"out": out.stdout}


@app.route("/b1")
def unsafe_user():
    name = urllib.parse.unquote_plus(request.cookies.get("user", "none"))
    db = sqlite3.connect("app.db")
    cur = db.cursor()
    cur.execute(f"SELECT * FROM users WHERE username='{name}'")
    return {"rows": cur.fetchall()}


@app.route("/b2")
def safe_user():
    name = urllib.parse.unquote_plus(request.cookies.get("user", "none"))
    db = sqlite3.connect("app.db")
    cur = db.cursor()
    sql = "SELECT * FROM users WHERE username=?"
    cur.execute(sql, (name,))
    return {"rows": cur.fetchall()}


@app.route("/c1")
def unsafe_file():
    name = request.headers.get("X-Name")
    with open(f"{FILES}/{name}", "rb") as handle:
        return {"size": len(handle.read())}


@app.route("/c2")
def safe_file():
    name = request.headers.get("X-Name")
    path = (FILES / name).resolve()
    if not str(path).startswith(str(FILES)):
        flask.abort(404)
    with open(path, "rb") as handle:
        return {"size": len(handle.read())}


@app.route("/d1")
def unsafe_page():
    text = ""
    for value in request.args.getlist("q"):
        text += value
    return f"You asked for {text}"


@app.route("/d2")
def safe_page():
    text = ""
    for value in request.args.getlist("q"):
        text += str(markupsafe.escape(value))
    return f"You asked for {text}"


@app.route("/e1")
def unsafe_directory():
    who = request.args["who"]
    conn = ldap3.Connection(ldap3.Server("ldap.example.com"))
    conn.search("ou=people", f"(&(objectclass=person)(uid={who}))", attributes=["cn"])
    return {"found": len(conn.entries)}


@app.route("/e2")
def safe_directory():
    who = ldap3.utils.conv.escape_filter_chars(request.args["who"])
    conn = ldap3.Connection(ldap3.Server("ldap.example.com"))
    conn.search("ou=people", f"(&(objectclass=person)(uid={who}))", attributes=["cn"])
    return {"found": len(conn.entries)}


@app.route("/f1")
def unsafe_staff():
    number = request.args.get("id")
    root = lxml.etree.parse("staff.xml")
    query = "".join(["/staff/person[@id='", number, "']"])
    return {"found": len(root.xpath(query))}


@app.route("/f2")
def safe_staff():
    number = request.args.get("id")
    root = lxml.etree.parse("staff.xml")
    return {"found": len(root.xpath("/staff/person[@id=$number]", number=number))}


@app.route("/g1", methods=["POST"])
def unsafe_xml():
    parser = xml.sax.make_parser()
    parser.setFeature(xml.sax.handler.feature_external_ges, True)
    parser.parse("in.xml")
    return {}


@app.route("/g2", methods=["POST"])
def safe_xml():
    parser = xml.sax.make_parser()
    parser.setFeature(xml.sax.handler.feature_external_ges, False)
    parser.parse("in.xml")
    return {}


def unsafe_digest(data):
    return hashlib.new("md5", data).hexdigest()


def safe_digest(data):
    return hashlib.new("sha512", data).hexdigest()


@app.route("/h1")
def unsafe_remember():
    value = str(random.randint(0, 2**40))
    answer = flask.make_response({"done": True})
    answer.set_cookie("remember", value, secure=True, httponly=True)
    return answer


@app.route("/h2")
def safe_remember():
    value = secrets.token_hex(20)
    answer = flask.make_response({"done": True})
    answer.set_cookie("remember", value, secure=True, httponly=True)
    return answer


@app.route("/i1")
def unsafe_go():
    return flask.redirect(request.args.get("to"))


@app.route("/i2")
def safe_go():
    to = request.args.get("to")
    url = urllib.parse.urlparse(to)
    if url.netloc not in HOSTS or url.scheme != "https":
        return {"error": "not there"}
    return flask.redirect(to)


@app.route("/j1", methods=["POST"])
def unsafe_session():
    flask.session["user_id"] = request.form.get("user_id")
    return {}


@app.route("/j2", methods=["POST"])
def safe_session():
    flask.session["asked"] = "10340"
    return {"echo": request.form.get("user_id")}


@app.route("/k1")
def unsafe_cookie():
    answer = flask.make_response({})
    answer.set_cookie("sid", secrets.token_hex(8), path="/", secure=False, httponly=True)
    return answer


@app.route("/k2")
def safe_cookie():
    answer = flask.make_response({})
    answer.set_cookie("sid", secrets.token_hex(8), path="/", secure=True, httponly=True)
    return answer


@app.route("/l1", methods=["POST"])
def unsafe_object():
    raw = request.form.get("object")
    return {"kind": str(type(pickle.loads(base64.urlsafe_b64decode(raw))))}


@app.route("/l2", methods=["POST"])
def safe_object():
    raw = request.form.get("object")
    return {"kind": str(type(yaml.safe_load(raw)))}


@app.route("/m1")
def unsafe_calculator():
    formula = request.args.get("formula")
    return {"value": eval(formula)}


@app.route("/m2")
def safe_calculator():
    a, b = request.args.get("a"), request.args.get("b")
    return {"value": float(a) + float(b)}


@app.route("/n1")
def unsafe_proxy():
    return {"text": requests.get(request.args.get("url"), timeout=5).text}


@app.route("/n2")
def safe_proxy():
    url = request.args.get("url")
    if urllib.parse.urlparse(url).hostname not in HOSTS:
        flask.abort(400)
    return {"text": requests.get(url, timeout=5).text}


@app.route("/o1")
def unsafe_grep():
    words = []
    words.append("sh")
    words.append("-c")
    words.append("grep " + request.args.get("word") + " /srv/log")
    return {"out": subprocess.run(words, capture_output=True).stdout.decode()}


@app.route("/o2")
def safe_grep():
    word = shlex.quote(request.args.get("word"))
    words = ["sh", "-c", f"grep -- {word} /srv/log"]
    return {"out": subprocess.run(words, capture_output=True).stdout.decode()}
