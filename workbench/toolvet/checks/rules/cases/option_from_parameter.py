import subprocess


def cloned(address: str) -> None:
    # ruleid: option-from-parameter
    subprocess.run(["git", "clone", address], check=True)


def found(name: str) -> bytes:
    # ruleid: option-from-parameter
    return subprocess.check_output(["find", "/data", name])


def cloned_safely(address: str) -> None:
    # ok: option-from-parameter
    subprocess.run(["git", "clone", "--", address], check=True)


def checked(address: str) -> None:
    if address not in ("a", "b"):
        raise ValueError(address)
    # ok: option-from-parameter
    subprocess.run(["git", "clone", address], check=True)
