"""Asking the kernel by number, so that libc is never what refuses."""

import ctypes
import os
import platform

LIBC = ctypes.CDLL(None, use_errno=True)
SCRATCH = os.environ.get("TOOLVET_SCRATCH", "/tmp")

_NUMBERS = """
read:0:63 write:1:64 close:3:57 mmap:9:222 ioctl:16:29 socket:41:198 connect:42:203 sendto:44:206
sendmsg:46:211 bind:49:200 listen:50:201 socketpair:53:199 setsockopt:54:208 getsockopt:55:209
clone:56:220 fork:57:- vfork:58:- execve:59:221 kill:62:129 getpid:39:172 getppid:110:173
shmget:29:194 shmat:30:196 msgget:68:186 semget:64:190 mq_open:240:180
ptrace:101:117 process_vm_readv:310:270 process_vm_writev:311:271 process_madvise:440:440
process_mrelease:448:448 pidfd_getfd:438:438 pidfd_send_signal:424:424 pidfd_open:434:434
kcmp:312:272 keyctl:250:219 add_key:248:217 request_key:249:218
bpf:321:280 perf_event_open:298:241 userfaultfd:323:282 io_uring_setup:425:425 io_setup:206:0
memfd_create:319:279 memfd_secret:447:447 personality:135:92 seccomp:317:277 prctl:157:167
syslog:103:116 kexec_load:246:104 kexec_file_load:320:294 reboot:169:142 swapon:167:224
swapoff:168:225 init_module:175:105 finit_module:313:273 delete_module:176:106 acct:163:89
quotactl:179:60 settimeofday:164:170 clock_settime:227:112 adjtimex:159:171 clock_adjtime:305:266
sethostname:170:161 setdomainname:171:162 vhangup:153:58 lookup_dcookie:212:18 iopl:172:-
ioperm:173:- modify_ldt:154:- uselib:134:- ustat:136:- sysfs:139:- _sysctl:156:- create_module:174:-
set_thread_area:205:- remap_file_pages:216:234 mbind:237:235 set_mempolicy:238:237
get_mempolicy:239:236 migrate_pages:256:238 move_pages:279:239 set_mempolicy_home_node:450:450
splice:275:76 tee:276:77 vmsplice:278:75 mount:165:40 umount2:166:39 pivot_root:155:41
chroot:161:51 unshare:272:97 setns:308:268 fsopen:430:430 fsconfig:431:431 fsmount:432:432
fspick:433:433 open_tree:428:428 move_mount:429:429 mount_setattr:442:442
name_to_handle_at:303:264 open_by_handle_at:304:265 fanotify_init:300:262 inotify_init1:294:26
inotify_add_watch:254:27 setuid:105:146 setgid:106:144 setresuid:117:147 setgroups:116:159
setfsuid:122:151 capset:126:91 sched_setscheduler:144:119 sched_setattr:314:274
setpriority:141:140 ioprio_set:251:30 rt_sigqueueinfo:129:138 rt_tgsigqueueinfo:297:240
clone3:435:435 execveat:322:281 landlock_create_ruleset:444:444 landlock_restrict_self:446:446
setxattr:188:5 timer_create:222:107 openat:257:56 openat2:437:437 statmount:457:457
"""


def _numbers() -> dict[str, int]:
    column = {"x86_64": 1, "aarch64": 2}[platform.machine()]
    rows = (entry.split(":") for entry in _NUMBERS.split())
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}


NUMBERS = _numbers()


class NotHereError(Exception):
    """This machine has no such thing to attack."""


def checked(result: int) -> int:
    """Raise what errno says, as Python's own calls do."""
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def by_number(number: int, *arguments: object) -> int:
    """Make any system call; integers are passed as 64 bits."""
    passed = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    return checked(LIBC.syscall(ctypes.c_long(number), *passed))


def call(name: str, *arguments: object) -> int:
    """Make a system call by name."""
    if name not in NUMBERS:
        raise NotHereError(name)
    return by_number(NUMBERS[name], *arguments)


def write_file(path: str, data: bytes = b"x") -> None:
    """Write a file, made when it is not there."""
    with open(path, "wb") as handle:
        handle.write(data)


def read_file(path: str) -> str:
    """Read the beginning of a file."""
    with open(path, "rb") as handle:
        return handle.read(64).decode(errors="replace")
