"""The root file system of a run: an empty tmpfs with what it needs bound into it, read-only."""

import os

from toolvet.sandbox.inside import linux
from toolvet.sandbox.inside.config import CERTIFICATES, DEPS, DEVICES, MOUNTS, SDK, TOOL, Config

_STAGING = "/tmp"  # noqa: S108 - in our own mount namespace; any folder that exists would do
_READ_ONLY = linux.ATTR_RDONLY | linux.ATTR_NOSUID | linux.ATTR_NODEV
_DATA = linux.ATTR_NOSUID | linux.ATTR_NODEV | linux.ATTR_NOEXEC
_MAX_SCRATCH_INODES = 4096
_PROGRAM_SCRATCH_INODES = 65536

Tree = tuple[str, int, bool]
"""Where it is shown, a cloned mount, and whether it is a folder."""


def _clone(source: str, target: str, attributes: int) -> Tree:
    tree = linux.open_tree(source)
    linux.set_attributes(tree, attributes)
    return target, tree, os.path.isdir(source)


def _clone_named(name: str, folder: str, mode: str) -> Tree:
    """Clone a folder of data: nothing in it may be mapped as code."""
    tree = linux.open_tree_without_links(folder)
    linux.set_attributes(tree, _DATA if mode == "write" else _DATA | linux.ATTR_RDONLY)
    return f"{MOUNTS}/{name}", tree, True


def open_trees(config: Config) -> list[Tree]:
    """Clone all that is to be shown. Must run before the new root hides it."""
    shown = [(source, target) for source, target in config.binds]
    shown.append((config.sdk, f"{SDK}/toolvet/sdk"))
    given = {TOOL: config.tool, DEPS: config.deps, CERTIFICATES: config.certificates}
    shown += [(source, target) for target, source in given.items() if source]
    trees = [_clone(source, target, _READ_ONLY) for source, target in shown]
    trees += [_clone_named(*mount) for mount in config.mounts]
    device = linux.ATTR_RDONLY | linux.ATTR_NOSUID | linux.ATTR_NOEXEC
    return trees + [_clone(path, path, device) for path in DEVICES]


def mount_scratch(config: Config, at: str) -> None:
    """Mount the run's own capped folder."""
    inodes = _PROGRAM_SCRATCH_INODES if config.mode == "program" else _MAX_SCRATCH_INODES
    options = f"size={config.scratch_mib}m,nr_inodes={inodes},mode=700"
    linux.mount("tmpfs", at, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, options)


def _make_file(path: str, content: bytes = b"") -> None:
    # not by open(): its codecs may have to be imported, and nothing can be read here
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o644)
    try:
        os.write(handle, content)
    finally:
        os.close(handle)


def _attach(root: str, tree: Tree) -> None:
    target, handle, is_folder = tree
    path = root + target
    if is_folder:
        os.makedirs(path, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if not os.path.lexists(path):
            _make_file(path)
    linux.move_mount(handle, path)
    os.close(handle)


def _write_names(folder: str, config: Config) -> None:
    """Let the declared hosts resolve, and nothing else: there is no server to ask."""
    addresses = {"localhost": "127.0.0.1"}
    addresses |= {host: address for host, _, address in config.endpoints if host != address}
    hosts = "".join(f"{address} {host}\n" for host, address in addresses.items())
    os.makedirs(folder, exist_ok=True)
    for name, text in (("hosts", hosts), ("nsswitch.conf", "hosts: files\n")):
        _make_file(f"{folder}/{name}", text.encode())


def _furnish(root: str, config: Config, trees: list[Tree]) -> None:
    os.makedirs(f"{root}{SDK}/toolvet")
    for name in ("__init__.py", "py.typed"):
        _make_file(f"{root}{SDK}/toolvet/{name}")
    os.mkdir(f"{root}/dev")
    os.makedirs(root + config.scratch)
    if config.mode == "program":  # before the binds, some of which may lie below it
        mount_scratch(config, root + config.scratch)
    for path, target in config.links:
        os.makedirs(os.path.dirname(root + path), exist_ok=True)
        os.symlink(target, root + path)
    os.symlink(config.scratch, f"{root}/dev/shm")  # noqa: S108 - inside the walls
    if config.endpoints:
        _write_names(f"{root}/etc", config)
    for tree in trees:
        _attach(root, tree)
    for path in config.masked:
        flags = linux.MS_RDONLY | linux.MS_NOSUID | linux.MS_NODEV
        linux.mount("tmpfs", root + path, "tmpfs", flags, "size=4k,nr_inodes=2,mode=755")


def enter_new_root(config: Config, trees: list[Tree]) -> None:
    """Build the root, enter it, and let go of the host's."""
    root = _STAGING
    linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
    linux.mount("tmpfs", root, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "size=1m,mode=755")
    _furnish(root, config, trees)
    os.chdir(root)
    linux.pivot_root(".", ".")
    linux.detach(".")
    os.chdir("/")
    linux.set_path_attributes("/", linux.ATTR_RDONLY | linux.ATTR_NOSUID | linux.ATTR_NODEV)
    linux.set_hostname(b"tool")
