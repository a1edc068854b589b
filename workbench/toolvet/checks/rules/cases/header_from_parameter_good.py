import http.client
import urllib.parse


def fetch(language: str) -> None:
    connection = http.client.HTTPSConnection("api.example.com")
    connection.putrequest("GET", "/")
    connection.putheader("Accept-Language", urllib.parse.quote(language))
    connection.putheader("Accept", "application/json")
