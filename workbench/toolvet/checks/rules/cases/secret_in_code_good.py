API_KEY_HEADER = "x-api-key"
PASSWORD = ""
DATABASE = "postgresql://db.example.com/clients"


def connect(client: object, password: str) -> None:
    client.login(user="me", password=password)
