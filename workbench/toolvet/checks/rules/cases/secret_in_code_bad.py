API_KEY = "q7Zt4mPpL0rT9xYb"
DATABASE = "postgresql://reporting:hunter22@db.example.com/clients"


def connect(client: object) -> None:
    client.login(user="me", password="correct-horse")


CLOUD = "AKIAQ7ZT4MPPL0RT9XYB"
