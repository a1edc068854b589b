import csv
import io


def exported(rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    for row in rows:
        # ruleid: csv-formula-from-parameter
        writer.writerow([row["name"], row["note"]])
    return text.getvalue()


def _cell(value: str) -> str:
    return "'" + value if value[:1] in "=+-@" else value


def defused(rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    for row in rows:
        # ok: csv-formula-from-parameter
        writer.writerow([_cell(row["name"]), _cell(row["note"])])
    return text.getvalue()
