import re

# ruleid: slow-regex
NESTED = re.compile(r"^(a+)+$")
# ruleid: slow-regex
MAIL = re.compile(r"^([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*@x$")
# ok: slow-regex
WORDS = re.compile(r"^\w+(?:-\w+)*$")
# ok: slow-regex
NUMBER = re.compile(r"^\d{1,3}(,\d{3})*$")
