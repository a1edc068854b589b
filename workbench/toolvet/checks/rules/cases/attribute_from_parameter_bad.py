def call(target: object, method: str) -> object:
    return getattr(target, method)()
