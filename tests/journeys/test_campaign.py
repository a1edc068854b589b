"""The campaign survives `kill -9`: nobody gets two mails, and the account is the server's mailbox.

300 recipients here; `make mails` plays it with 5,000.
"""

from pathlib import Path

import pytest
from conftest import prepared
from mail_server import Moods, mail_server
from mailing import Campaign, play

RECIPIENTS, ADDED = 300, 30
MOODS = Moods(
    refuse_every=50, refuse_times=2, drop_before_every=67, drop_after_every=89, lose_after_every=113
)  # fmt: skip


@pytest.mark.timeout(300)
def test_a_campaign_killed_in_the_middle_sends_each_mail_at_most_once(tmp_path: Path) -> None:
    stage = prepared(tmp_path)
    try:
        stage.start_home()
        with mail_server(tmp_path, MOODS) as server, Campaign.at(stage, server, MOODS) as campaign:
            play(campaign, RECIPIENTS, ADDED)

            assert stage.run("audit", "verify").code == 0
    finally:
        stage.stop()
