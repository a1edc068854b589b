"""Code that is not what it seems: each trick is seen, and what looks like one is not."""

import pytest

from toolvet.checks.confined import evasions, tricks


def rules_of(source: str, *, is_test: bool = False) -> set[str]:
    found = [tricks.inspect(source, is_test, ["own"]), evasions.inspect(source)]
    listed = [found["findings"] for found in found]
    return {
        str(item["rule"])
        for items in listed
        if isinstance(items, list)
        for item in items
        if isinstance(item, dict)
    }


TRICKS = {
    "getattr of joined pieces": ("getattr(x, 'ev' + 'al')\n", "hidden-name"),
    "pieces in a list": ("f = ''.join(['__imp', 'ort__'])\n", "hidden-name"),
    "a name backwards": ("n = 'lave'[::-1]\n", "hidden-name"),
    "a name backwards, by reversed": ("n = ''.join(reversed('cexe'))\n", "hidden-name"),
    "a name of numbers": ("n = ''.join(map(chr, [101, 118, 97, 108]))\n", "hidden-name"),
    "chr by chr": ("n = chr(101) + chr(120) + chr(101) + chr(99)\n", "hidden-name"),
    "base64": ("import base64\nn = base64.b64decode('ZXZhbA==').decode()\n", "hidden-name"),
    "hexadecimal": ("n = bytes.fromhex('73797374656d').decode()\n", "hidden-name"),
    "a name in an f-string": ("n = f\"{'sub'}{'process'}\"\n", "hidden-name"),
    "a name with letters replaced": ("n = 'eXXval'.replace('XX', '')\n", "hidden-name"),
    "a builtin by text": ("globals()['eval']\n", "hidden-name"),
    "__builtins__ by text": ("__builtins__['exec']\n", "hidden-name"),
    "a dunder by text": ("getattr(x, '__globals__')\n", "hidden-name"),
    "attrgetter of a dunder": (
        "import operator\noperator.attrgetter('__class__.__base__')\n",
        "reflection",
    ),
    "names of a module": ("import os\nos.__dict__\n", "reflection"),
    "a function of a module": ("import json\njson.dumps = str\n", "patch"),
    "a method of a class": ("from json import JSONEncoder\nJSONEncoder.default = f\n", "patch"),
    "setattr on a module": ("import time\nsetattr(time, 'sleep', print)\n", "patch"),
    "our SDK": ("from toolvet import sdk\nsdk.Context.log = None\n", "patch"),
    "a builtin": ("import builtins\nbuiltins.open = None\n", "patch"),
    "del of a function": ("import os\ndel os.getcwd\n", "patch"),
    "pickle": ("import pickle\npickle.loads(b)\n", "deserialise"),
    "yaml": ("import yaml\nyaml.load(t)\n", "deserialise"),
    "numpy objects": ("import numpy as np\nnp.load(f, allow_pickle=True)\n", "deserialise"),
    "a wait at import": ("import time\ntime.sleep(5)\n", "import-effect"),
    "a request at import": (
        "import urllib.request\nX = urllib.request.urlopen('http://a')\n",
        "import-effect",
    ),
    "a loop at import": ("while True:\n    pass\n", "import-effect"),
    "a request in a default": (
        "import subprocess\ndef f(x=subprocess.run(['a'])): ...\n",
        "import-effect",
    ),
    "pytest among the modules": ("import sys\nif 'pytest' in sys.modules: ...\n", "knows-tests"),
    "pytest's variable": (
        "import os\nos.environ.get('PYTEST_CURRENT_TEST')\n",
        "knows-tests",
    ),
    "an import of pytest": ("import pytest\n", "knows-tests"),
    "a service that builds": ("import os\nif os.environ['CI'] == '1': ...\n", "knows-tests"),
    "the table of processes": ("x = '/proc/self/status'\n", "looks-around"),
    "the name of the machine": (
        "import socket\nif socket.gethostname() == 'prod': ...\n",
        "looks-around",
    ),
    "the user, by way of a name": (
        "import getpass\nwho = getpass.getuser()\nif who != 'root': ...\n",
        "looks-around",
    ),
    "a debugger": ("import sys\nif sys.gettrace() is not None: ...\n", "looks-around"),
    "a day": (
        "from datetime import date\nif date.today() > date(2027, 1, 1): ...\n",
        "time-bomb",
    ),
    "a day under a name": (
        "from datetime import datetime\nEND = datetime(2027, 1, 1)\n"
        "def f():\n    now = datetime.now()\n    return 1 if now >= END else 2\n",
        "time-bomb",
    ),
    "a second": ("import time\nif time.time() > 1_800_000_000: ...\n", "time-bomb"),
    "a day as text": (
        "from datetime import date\nif date.today().isoformat() > '2027-01-01': ...\n",
        "time-bomb",
    ),
    "a year": ("from datetime import date\nif date.today().year >= 2027: ...\n", "time-bomb"),
    "a day in a comprehension": (
        "import datetime\nx = [1 for _ in y if datetime.date.today() > datetime.date(2027, 1, 1)]\n",
        "time-bomb",
    ),
    "chance": ("import random\nif random.random() < 0.01: ...\n", "by-chance"),
    "a thread": ("import threading\nthreading.Thread(target=f).start()\n", "left-running"),
    "a timer": ("import threading\nthreading.Timer(5, f).start()\n", "left-running"),
    "a builtin of its own": ("def len(x): ...\n", "shadows-builtin"),
}


@pytest.mark.parametrize("case", TRICKS)
def test_a_trick_is_seen(case: str) -> None:
    source, rule = TRICKS[case]

    assert rule in rules_of(source)


HONEST = {
    "getattr of a written name": "getattr(row, 'system', None)\n",
    "a dictionary of functions": "OPS = {'eval': evaluate}\nOPS['eval']\n",
    "a joined path": "p = '/'.join(['a', 'b'])\n",
    "a setting of decimal": "import decimal\ndecimal.getcontext().prec = 28\n",
    "its own module": "import own\nown.LIMIT = 3\n",
    "an attribute of a value": "from json import JSONDecoder\nd = JSONDecoder()\nd.strict = False\n",
    "safe yaml": "import yaml\nyaml.load(t, Loader=yaml.SafeLoader)\n",
    "weights only": "import torch\ntorch.load(f, weights_only=True)\n",
    "a table at import": "TABLE = {n: n * n for n in range(10)}\n",
    "work under the main guard": "import time\nif __name__ == '__main__':\n    time.sleep(1)\n",
    "today against an argument": (
        "from datetime import date\ndef f(due: date):\n    return date.today() > due\n"
    ),
    "today against a parsed argument": (
        "from datetime import date\ndef f(t):\n    due = date.fromisoformat(t)\n"
        "    return date.today() > due\n"
    ),
    "a month": "from datetime import date\nx = 1 if date.today().month == 12 else 0\n",
    "an argument against a date": (
        "from datetime import date\ndef f(on: date):\n    return on >= date(2026, 1, 1)\n"
    ),
    "how long it took": "import time\nif time.time() - start > 10: ...\n",
    "a seeded choice": "import random\nx = random.Random(3).random() < 0.5\n",
    "a thread that is joined": (
        "import threading\nt = threading.Thread(target=f)\nt.start()\nt.join()\n"
    ),
    "a parameter called id": "def f(id: str, len: int): ...\n",
    "the word pytest": "WORD = 'pytest'\n",
}


@pytest.mark.parametrize("case", HONEST)
def test_nothing_is_said_of(case: str) -> None:
    assert rules_of(HONEST[case]) == set()


def test_a_name_folded_without_end_is_given_up() -> None:
    source = "x = " + " + ".join(["'a'"] * 400) + "\n"

    assert rules_of(source) == set()
