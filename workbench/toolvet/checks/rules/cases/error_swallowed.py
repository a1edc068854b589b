def tried(work: object) -> None:
    # ruleid: error-swallowed
    try:
        work.do()
    except Exception:
        pass


def told(work: object) -> bool:
    # ok: error-swallowed
    try:
        work.do()
    except OSError:
        return False
    return True
