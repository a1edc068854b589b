import http.client
import urllib.parse


def put(connection: http.client.HTTPConnection, tenant: str) -> None:
    # ruleid: header-from-parameter
    connection.putheader("X-Tenant", tenant)


def sent(handler: object, name: str) -> None:
    # ruleid: header-from-parameter
    handler.send_header("Content-Disposition", f"attachment; filename={name}")


def quoted(connection: http.client.HTTPConnection, tenant: str) -> None:
    # ok: header-from-parameter
    connection.putheader("X-Tenant", urllib.parse.quote(tenant))


def numbered(connection: http.client.HTTPConnection, tenant: str) -> None:
    # ok: header-from-parameter
    connection.putheader("X-Tenant", str(int(tenant)))
