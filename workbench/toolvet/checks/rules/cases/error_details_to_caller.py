import traceback


def tried(work: object) -> dict[str, str]:
    try:
        return {"result": work.do()}
    except ValueError:
        # ruleid: error-details-to-caller
        return {"error": traceback.format_exc()}


def told(work: object) -> dict[str, str]:
    try:
        return {"result": work.do()}
    except ValueError as error:
        # ok: error-details-to-caller
        return {"error": f"it did not work: {error}"}
