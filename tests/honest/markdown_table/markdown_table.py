"""Format rows as a Markdown table."""


def markdown_table(headers: list[str], rows: list[list[str]]) -> str:
    """Render rows as a Markdown table with aligned columns.

    Args:
        headers: Column titles, at least one.
        rows: Cells of each row; short rows are filled up, longer ones are refused.

    Returns:
        The table as Markdown text.

    Raises:
        ValueError: No headers, or a row is longer than the headers.
    """
    if not headers:
        raise ValueError("at least one header is needed")
    filled: list[list[str]] = []
    for row in rows:
        if len(row) > len(headers):
            raise ValueError("a row has more cells than there are headers")
        cells = [cell.replace("|", "\\|").replace("\n", " ") for cell in row]
        filled.append(cells + [""] * (len(headers) - len(cells)))
    widths = [max(3, len(header)) for header in headers]
    for row in filled:
        widths = [max(width, len(cell)) for width, cell in zip(widths, row)]

    def line(cells: list[str]) -> str:
        padded = [cell.ljust(width) for cell, width in zip(cells, widths)]
        return "| " + " | ".join(padded) + " |"

    rule = "| " + " | ".join("-" * width for width in widths) + " |"
    return "\n".join([line(headers), rule, *(line(row) for row in filled)])
