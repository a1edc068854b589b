import hashlib
import hmac
import html
import io
import json
import os
import re
import secrets
import shutil
import sqlite3
import string
import subprocess
import tarfile
import tempfile
from pathlib import Path
from random import choice, randrange
from urllib.parse import quote, urlparse
from urllib.request import urlopen

import jwt
import yaml
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from lxml import etree

ALLOWED_FIELDS = frozenset({"id", "price"})
HOME = os.path.realpath("/srv/home")


def unsafe_backup(directory, label):
    archive = "/backups/%s.tgz" % label
    subprocess.call("tar czf " + archive + " " + directory, shell=True)


def safe_backup(directory):
    subprocess.call(["tar", "czf", "/backups/home.tgz", "--", directory])


def unsafe_lookup(conn, table, key):
    return conn.cursor().execute("select * from " + table + " where k = ?", (key,)).fetchone()


def safe_lookup(conn, table, key):
    tables = {"a": "accounts", "b": "bookings"}
    real = tables.get(table)
    if real is None:
        raise KeyError(table)
    return conn.cursor().execute("select * from bookings where k = ?", (key,)).fetchone()


def unsafe_order(conn: sqlite3.Connection, field: str):
    return conn.execute("select id from t order by {f}".format(f=field))


def safe_order(conn: sqlite3.Connection, field: str):
    assert_known(field)
    return conn.execute("select id from t order by {f}".format(f=field))


def assert_known(field):
    if field not in ALLOWED_FIELDS:
        raise LookupError(field)


def unsafe_store(root: str, filename: str, data: bytes):
    destination = os.path.join(root, filename)
    with open(destination, "wb") as out:
        out.write(data)


def safe_store(filename: str, data: bytes):
    destination = os.path.realpath(os.path.join(HOME, filename))
    if os.path.commonpath((HOME, destination)) != HOME:
        raise PermissionError(filename)
    with open(destination, "wb") as out:
        out.write(data)


def unsafe_delete(name: str):
    shutil.rmtree(Path(HOME) / name)


def safe_delete(name: str):
    if not re.fullmatch(r"[a-z0-9_]{1,30}", name):
        raise ValueError(name)
    shutil.rmtree(Path(HOME) / name)


def unsafe_untar(stream):
    with tarfile.open(fileobj=stream) as tar:
        tar.extractall(HOME)


def safe_untar(stream):
    with tarfile.open(fileobj=stream) as tar:
        tar.extractall(HOME, filter="data")


def unsafe_token_bytes(length):
    alphabet = string.ascii_letters + string.digits
    password = "".join(choice(alphabet) for _ in range(int(length)))
    return password


def safe_token_bytes(length):
    alphabet = string.ascii_letters + string.digits
    password = "".join(secrets.choice(alphabet) for _ in range(min(int(length), 64)))
    return password


def unsafe_otp(send):
    otp = randrange(100000, 999999)
    send(otp)


def safe_otp(send):
    otp = secrets.randbelow(900000) + 100000
    send(otp)


def unsafe_store_password(user, password):
    user.hash = hashlib.sha1(password.encode()).hexdigest()


def safe_store_password(user, password):
    salt = os.urandom(16)
    user.hash = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 600000).hex()


def unsafe_encrypt(key, text):
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(text)


def safe_encrypt(key, text):
    return Cipher(algorithms.AES(key), modes.GCM(os.urandom(12))).encryptor().update(text)


def unsafe_keypair():
    return rsa.generate_private_key(65537, 1024)


def safe_keypair():
    return rsa.generate_private_key(65537, 4096)


def unsafe_claims(token):
    return jwt.decode(token, options={"verify_signature": False})


def safe_claims(token, public_key):
    return jwt.decode(token, public_key, algorithms=["RS256"])


def unsafe_verify(key, message, given):
    return hmac.new(key, message, "sha256").hexdigest() == given


def safe_verify(key, message, given):
    return hmac.compare_digest(hmac.new(key, message, "sha256").hexdigest(), given)


def unsafe_config(text):
    return yaml.load(text, yaml.FullLoader) if text.startswith("#") else yaml.unsafe_load(text)


def safe_config(text):
    return yaml.load(text, Loader=yaml.CSafeLoader)


def unsafe_feed(text):
    return etree.fromstring(text, etree.XMLParser(resolve_entities=True))


def safe_feed(text):
    return etree.fromstring(text, etree.XMLParser(resolve_entities=False, no_network=True))


def unsafe_card(name, site):
    return f"<div><a href='{site}'>{name}</a></div>"


def safe_card(name, site):
    return f"<div><a href='{html.escape(site)}'>{html.escape(name)}</a></div>"


def unsafe_import_avatar(image_url):
    return io.BytesIO(urlopen(image_url).read())


def safe_import_avatar(image_url):
    if urlparse(image_url).netloc != "img.example.com":
        return None
    return io.BytesIO(urlopen(image_url).read())


def unsafe_weather(city):
    return json.load(urlopen("http://" + city + ".weather.example/now"))


def safe_weather(city):
    return json.load(urlopen("https://weather.example/now?city=" + quote(city)))


def unsafe_scratch(data):
    path = tempfile.mktemp()
    Path(path).write_bytes(data)


def safe_scratch(data):
    with tempfile.NamedTemporaryFile() as out:
        out.write(data)


def unsafe_validate(value):
    return re.match(r"^(\w+\s?)*$|^(a+)+$", value)


def safe_validate(value):
    return re.match(r"^\w+(?: \w+)*$", value)


def unsafe_plugin(name, payload):
    return __import__(f"plugins.{name}").run(payload)


PLUGINS = {"csv": str, "json": json.dumps}


def safe_plugin(name, payload):
    return PLUGINS[name](payload)


def unsafe_share(path):
    os.chmod("/srv/home/share", 0o777)


def safe_share(path):
    os.chmod("/srv/home/share", 0o750)


class unsafe_Runner:
    def __init__(self, command):
        self.command = command

    def unsafe_run(self):
        return subprocess.check_output(self.command, shell=True)


class safe_Runner:
    def __init__(self, path):
        self.path = path

    def safe_run(self):
        return subprocess.check_output(["wc", "-l", "--", self.path])


def unsafe_fill(pattern, record):
    line = pattern.strip()
    return line.format(**record)


def safe_fill(pattern, record):
    line = string.Template(pattern.strip())
    return line.safe_substitute(record)


def unsafe_report(log, user, password):
    log.warning("login failed: %s %s", user, password)


def safe_report(log, user, password):
    log.warning("login failed: %s", repr(user))
