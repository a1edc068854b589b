"""Hide e-mail addresses in a text."""

import re

EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,253}\.[A-Za-z]{2,24}")


def redact_emails(text: str, placeholder: str = "[email]") -> str:
    """Replace every e-mail address in a text by a placeholder.

    Args:
        text: Any text, such as a support ticket.
        placeholder: What stands in place of each address.

    Returns:
        The text without addresses.
    """
    return EMAIL.sub(lambda _: placeholder, text)
