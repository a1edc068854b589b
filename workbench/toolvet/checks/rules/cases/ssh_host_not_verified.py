import paramiko


def careless(client: paramiko.SSHClient) -> None:
    # ruleid: ssh-host-not-verified
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())


def careful(client: paramiko.SSHClient) -> None:
    # ok: ssh-host-not-verified
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
