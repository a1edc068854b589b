import builtins
import sys


def replaced(module: object) -> None:
    # ruleid: code-replaced-at-run-time
    sys.modules["json"] = module
    # ruleid: code-replaced-at-run-time
    builtins.open = print


def read() -> bool:
    # ok: code-replaced-at-run-time
    return "json" in sys.modules
