"""What reads bundle files: runs inside the sandbox only. Standard library only.

Each module is mounted and imported there by its bare name, so none imports another of ours.
"""
