import http.client


def fetch(language: str) -> None:
    connection = http.client.HTTPSConnection("api.example.com")
    connection.putrequest("GET", "/")
    connection.putheader("Accept-Language", language)
