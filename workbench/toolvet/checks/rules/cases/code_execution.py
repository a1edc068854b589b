import ast


def fixed() -> object:
    # ruleid: code-execution
    return eval("1 + 1")


def run(lines: list[str]) -> None:
    # ruleid: code-execution
    exec("\n".join(lines))


def data(text: str) -> object:
    # ok: code-execution
    return ast.literal_eval(text)
