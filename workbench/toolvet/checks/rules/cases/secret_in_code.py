import os

# ruleid: secret-in-code
DB_PASSWORD = "hunter2-and-more"
# ruleid: secret-in-code
ADDRESS = "postgres://app:s3cretvalue@db.example.com/app"
# ok: secret-in-code
PASSWORD = os.environ["DB_PASSWORD"]
# ok: secret-in-code
API_KEY = "<your key>"
# ok: secret-in-code
PASSWORD_FIELD = "password"
