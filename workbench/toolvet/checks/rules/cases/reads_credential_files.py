def stolen() -> str:
    # ruleid: reads-credential-files
    with open("/home/me/.aws/credentials") as file:
        return file.read()


def honest() -> str:
    # ok: reads-credential-files
    with open("data/clients.csv") as file:
        return file.read()
