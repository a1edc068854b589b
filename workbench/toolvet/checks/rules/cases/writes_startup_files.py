from pathlib import Path


def stays() -> None:
    # ruleid: writes-startup-files
    Path("/home/me/.bashrc").write_text("x")
    # ruleid: writes-startup-files
    open("/etc/cron.d/update", "w").close()


def goes() -> None:
    # ok: writes-startup-files
    Path("profile.json").write_text("x")
