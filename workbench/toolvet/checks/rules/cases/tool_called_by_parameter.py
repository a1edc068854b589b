def forwarded(ctx: object, tool: str, arguments: dict[str, object]) -> object:
    # ruleid: tool-called-by-parameter
    return ctx.call(tool, **arguments)


def fixed(ctx: object, amount: int) -> object:
    # ok: tool-called-by-parameter
    return ctx.call("invoice_total", amount=amount)
