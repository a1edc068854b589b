"""The check `secrets`: keys, tokens and passwords that were written into any file of a bundle.

A confined child looks for them and masks what it finds; no evidence holds a secret, neither in a
message nor in a snippet.
"""

from toolvet.checks import passes, reading
from toolvet.checks.base import (
    Check,
    CheckContext,
    Inputs,
    conclude,
    is_test,
)
from toolvet.checks.passes import PassError
from toolvet_reviews.findings import Evidence, Finding, Severity
from toolvet_reviews.values import Json, JsonObject

NAME = "secrets"
_CANARY = "zz_canary.txt"
_CANARY_TEXT = "key = sk-" + "ant-" + "Qm9vIHRvIHdob2V2ZXIgcmVhZHMu\n"
_WORDS = {
    "named": "A secret is written out, going by its name: {}.",
    "random": "A text that looks like a key is written out: {}.",
    "private-key": "A private key is written out: {}.",
    "url-password": "A password is written into an address: {}.",
    "jwt": "A signed token is written out: {}.",
    "authorization": "A credential is written into a header: {}.",
}


async def run(context: CheckContext) -> Evidence:
    """Look for secrets in every text file, tests and recordings included."""
    files = [path for path, data in sorted(context.bundle.files.items()) if b"\0" not in data]
    tests: list[Json] = [path for path in files if is_test(path)]
    findings: list[Finding] = []
    reasons: list[str] = []
    for batch in passes.batches(context.bundle.files, files):
        batch[_CANARY] = _CANARY_TEXT
        try:
            [found] = await passes.read(context, ("leaks", {"files": batch, "tests": tests}))
        except PassError as error:
            reasons.append(f"the files could not be searched for secrets ({error})")
            break
        value = found or {}
        if not reading.entries(value.get(_CANARY)):
            reasons.append("the canary among the secrets was not found")
        findings += [
            _finding(path, item)
            for path in batch
            if path != _CANARY
            for item in reading.entries(value.get(path))
        ]
    return conclude(
        NAME,
        findings,
        reasons,
        measurements={"files": len(files)},
        not_looked_at=sorted(set(context.bundle.files) - set(files)),
        nothing=f"no secret in {len(files)} file{'s' * (len(files) != 1)}",
    )


CHECK = Check(NAME, run, Inputs("all", ("python",), spec=("text",)))


def _finding(path: str, item: JsonObject) -> Finding:
    rule, line = reading.text(item.get("rule")), reading.number(item.get("line"))
    kind = rule.replace("-", " ")
    message = _WORDS.get(rule, f"A {kind} is written out: {{}}.")
    return Finding(
        f"{NAME}.{rule}",
        _severity(rule, path, is_sure=item.get("sure") is True),
        message.replace("{}", reading.text(item.get("detail"), most=80)),
        path,
        line,
        line,
        reading.text(item.get("snippet"), most=300),
        why="Whoever can read the tool, its evidence or its history then has it, for ever.",
        fix="Take it out, and make it invalid where it is from. A declared credential is added by the "
        "service; a value that only looks like one may say `example`.",
        cwe="CWE-798",
        category="secrets",
    )


def _severity(rule: str, path: str, *, is_sure: bool) -> Severity:
    if is_test(path):
        return "note" if rule == "named" else "warning" if rule in {"jwt", "random"} else "error"
    return "error" if is_sure else "warning"
