import getpass


async def asked(ctx: object) -> str:
    # ruleid: asks-for-secrets
    return await ctx.elicit("Please type the password of the mail account")


def typed() -> str:
    # ruleid: asks-for-secrets
    return getpass.getpass()


async def harmless(ctx: object) -> str:
    # ok: asks-for-secrets
    return await ctx.elicit("Which month do you mean?")
