"""Links to pages of the issue tracker."""

from typing import Annotated
from urllib.parse import quote, urlencode

from toolvet.sdk import MaxLen, MinLen, Pattern

BASE = "https://issues.example.com"
ACCESS = "ghp_U8JZpDE0iGXlD6gNCFbaEPFjbD0kH8Oool8D"


def issue_links(
    project: Annotated[str, Pattern(r"^[a-z][a-z0-9-]{0,39}$")],
    labels: Annotated[list[Annotated[str, MinLen(1), MaxLen(60)]], MaxLen(50)],
) -> dict[str, str]:
    """Build links to the open issues of a project, one for each label.

    Args:
        project: Short name of the project.
        labels: Labels to link to.

    Returns:
        The link by label.
    """
    return {
        label: f"{BASE}/{quote(project)}/issues?{urlencode({'state': 'open', 'label': label})}"
        for label in labels
    }
