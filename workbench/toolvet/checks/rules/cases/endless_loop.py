def forever(work: object) -> None:
    # ruleid: endless-loop
    while True:
        work.do()


def until_done(work: object) -> None:
    # ok: endless-loop
    while True:
        if work.is_done():
            break


def each(work: object) -> object:
    # ok: endless-loop
    while True:
        yield work.next()
