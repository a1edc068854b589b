"""What an export holds, and what it never holds."""

from ticket_export import Ticket, export_tickets

TICKETS = [
    Ticket(3, "billing", "closed", "Refund, please", "granted"),
    Ticket(1, "billing", "open", "Invoice twice", "refund agreed"),
    Ticket(2, "tech", "open", "Login fails", "known bug"),
]


def test_only_the_queue_asked_for_is_exported_in_order_of_id() -> None:
    export = export_tickets(TICKETS, "billing")

    assert export.rows == 2
    assert export.text.splitlines() == ["1;open;Invoice twice", "3;closed;Refund, please"]


def test_the_layout_can_be_chosen() -> None:
    export = export_tickets(TICKETS, "tech", layout="#{ticket.id} {ticket.subject}")

    assert export.text == "#2 Login fails\n"


def test_an_empty_queue_gives_no_line() -> None:
    export = export_tickets(TICKETS, "sales")

    assert (export.rows, export.text) == (0, "")


def test_internal_notes_are_not_exported() -> None:
    assert "refund agreed" not in export_tickets(TICKETS, "billing").text


def test_the_limit_is_kept() -> None:
    assert export_tickets(TICKETS, "billing", limit=1).rows == 1
