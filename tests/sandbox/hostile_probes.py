"""The table of attacks: what each is, and what the walls of each tier promise to make of it.

The programs lie in `corpus/`. Where tier C promises less, the words that say so in docs/security.md
stand beside the probe, and a test looks them up there.
"""

from dataclasses import dataclass
from typing import Literal

from hostile_promises import (
    Judge,
    ends,
    gives,
    gives_at_most,
    held,
    not_allowed,
    short_words,
    survived,
)

from toolvet.sandbox import Limits

Pace = Literal["usual", "quick", "short of cpu"]

LIMITS: dict[Pace, Limits] = {
    "usual": Limits(
        wall_s=6, cpu_s=5, memory_mib=256, scratch_mib=8, output_kib=64, result_kib=256
    ),
    "quick": Limits(wall_s=0.7, cpu_s=5, memory_mib=256, scratch_mib=8, output_kib=64),
    "short of cpu": Limits(wall_s=6, cpu_s=1, memory_mib=256, scratch_mib=8),
}


@dataclass(frozen=True)
class Probe:
    """One attack."""

    group: str
    name: str
    program: str
    """`module.function` in `corpus/`."""
    promise: Judge = held
    in_c: Judge | None = None
    """What tier C promises; None when that is what the others do."""
    not_in_c: str = ""
    """Words of docs/security.md that say that tier C does not stop it; then it is not tried there."""
    pace: Pace = "usual"


def _several(group: str, module: str, promise: Judge, names: str) -> tuple[Probe, ...]:
    programs = names.split()
    return tuple(
        Probe(group, one.replace("_", " "), f"{module}.{one}", promise) for one in programs
    )


EXISTENCE = "whether a path exists"
BY_NUMBER = "process ids can be seen by number"

FILES = (
    *_several(
        "files",
        "files",
        held,
        """read_secret read_by_symlink read_by_hardlink read_by_rename read_upwards
        read_below_a_descriptor read_by_root_of_another read_by_own_root read_by_root_of_one
        read_by_working_folder read_own_environment_block read_another_environment
        read_another_memory read_accounts read_passwords read_machine_id list_root list_homes
        list_home_of_root list_home_of_service list_local_programs list_settings list_processes
        list_kernel list_devices read_kernel_log read_machine_memory read_terminal
        make_disk_device make_memory_device write_outside overwrite_secret append_by_symlink
        truncate_outside remove_outside rename_outside link_outside symlink_outside
        make_folder_outside make_pipe_outside change_mode_outside change_owner_outside
        change_time_outside mark_outside nameless_file_outside write_into_tool overwrite_tool
        plant_bytecode replace_tool remove_tool write_tool_by_memory change_mode_of_tool
        write_into_interpreter write_into_sdk write_into_root make_folder_in_root remove_from_root
        run_own_file make_setuid_file watch_a_folder read_attributes""",
    ),
    Probe("files", "path exists", "files.path_exists", not_in_c=EXISTENCE),
    Probe("files", "lease a file", "files.lease_a_file"),
)

MOUNTS = (
    *_several(
        "mounts and namespaces",
        "mounts",
        not_allowed,
        """mount_new mount_proc bind_elsewhere remount_writable share_mounts unmount_tool unmount_root
    change_root pivot open_file_system pick_file_system clone_a_mount clone_a_mount_new_way
    move_a_mount clear_read_only read_mounts handle_of_a_file file_by_handle enter_by_pidfd
    unshare_user unshare_mount unshare_net unshare_pid unshare_ipc unshare_uts unshare_cgroup
    unshare_time unshare_files clone_user clone_everything clone_user_with_high_bits
    clone_user_by_clone3""",
    ),
    Probe("mounts and namespaces", "enter by file", "mounts.enter_by_file"),
)

CALLS = (
    *_several(
        "system calls",
        "calls",
        not_allowed,
        """trace_me trace_another read_memory_of_another write_memory_of_another
        steal_a_descriptor compare_with_another advise_another read_own_keyring add_a_key
        request_a_key shared_memory message_queue semaphores posix_queue load_bpf open_perf
        fault_handler io_ring old_async_io nameless_memory run_from_memory hidden_memory
        switch_off_randomness pose_as_32_bit another_filter notify_filter kernel_log load_kernel
        load_kernel_file restart_machine add_swap load_module load_module_file set_clock set_time
        adjust_clock rename_machine accounting quotas ports all_ports segments memory_policy
        bind_memory move_pages splice_pages tee_pipes watch_everything real_time
        priority_of_others disk_priority forge_a_signal newer_than_the_list far_beyond
        negative_number x32_call x32_execute limits_of_another become_root become_another
        join_groups regain_capabilities""",
    ),
    *_several(
        "system calls",
        "calls",
        held,
        """outlive_the_service be_traceable security_bits ambient_capability adopt_orphans
        move_own_memory_map merge_memory speculate feed_a_terminal feed_a_console
        interfaces_of_the_channel namespace_of_the_channel file_flags freeze_file_system
        affinity_of_another raise_memory_limit raise_file_limit""",
    ),
    # Landlock refuses when the signal is sent, not when it is asked for: the driver lives, or not.
    Probe("system calls", "owner of input", "calls.owner_of_input", in_c=survived),
    Probe("system calls", "old gate", "calls.old_gate", ends("died")),
    Probe("system calls", "old gate to execute", "calls.old_gate_execute", ends("died")),
    Probe("system calls", "core limit", "calls.core_limit", gives(1)),
    Probe("system calls", "capabilities", "calls.capabilities", gives([0, 0, 0, 0, 0, 0])),
)

SOCKETS = _several(
    "sockets and names",
    "sockets",
    held,
    """every_family tcp tcp_by_mapped_address tcp_any_address tcp_multipath tcp_fast_open serve_tcp
    udp raw_packets ping link_layer kernel_routes hypervisor kernel_crypto shared_memory_tcp
    express_data_path unix_stream unix_datagram abstract send_by_pair send_message_by_pair
    connect_by_pair bind_by_pair pair_of_another_family send_a_descriptor_home load_a_filter
    handle_of_the_supervisor who_is_the_supervisor resolve_here resolve_outside ask_name_server
    metadata_service""",
)

ENVIRONMENT = (
    "HOME",
    "LANG",
    "TMPDIR",
    "TOOLVET_SCRATCH",
    "TOOLVET_MOUNTS",
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "PYTHONTZPATH",
)

PROCESSES = (
    *_several(
        "processes and signals",
        "processes",
        held,
        """fork fork_by_number fork_by_clone share_memory_and_fork execute execute_by_descriptor
        execute_by_loader spawn run_a_shell run_a_program work_in_processes signal_the_service
        end_the_service signal_the_service_by_thread signal_the_service_by_handle
        signal_the_parent signal_neighbours keep_signals_away""",
    ),
    Probe("processes and signals", "end its group", "processes.end_its_group", ends("died")),
    Probe(
        "processes and signals",
        "group of ones own",
        "processes.group_of_ones_own",
        gives(True),
    ),
    # Where it may signal nobody, kill(-1) answers 0 all the same.
    Probe("processes and signals", "signal everyone", "processes.signal_everyone", not_in_c="-"),
    Probe(
        "processes and signals",
        "session of another",
        "processes.session_of_another",
        not_in_c=BY_NUMBER,
    ),
    Probe(
        "processes and signals",
        "number of parent",
        "processes.number_of_parent",
        gives(0),
        not_in_c=BY_NUMBER,
    ),
    Probe(
        "processes and signals",
        "own number",
        "processes.own_number",
        gives(1),
        not_in_c=BY_NUMBER,
    ),
    Probe(
        "processes and signals",
        "linger in a thread",
        "processes.linger_in_a_thread",
        gives("answered"),
    ),
)

INHERITED = (
    Probe(
        "environment and descriptors",
        "environment",
        "processes.environment",
        gives_at_most(*ENVIRONMENT),
    ),
    Probe(
        "environment and descriptors",
        "names of the host",
        "processes.names_of_the_host",
        gives([]),
        not_in_c="at their own paths",
    ),
    Probe(
        "environment and descriptors",
        "machine name",
        "processes.machine_name",
        gives("tool"),
        not_in_c="the machine's name",
    ),
    Probe(
        "environment and descriptors",
        "descriptors",
        "processes.descriptors",
        gives([0, 1, 2, 3]),
    ),
    Probe(
        "environment and descriptors",
        "standard input",
        "processes.standard_input",
        gives(0),
    ),
    *_several("environment and descriptors", "processes", held, "terminal controlling_terminal"),
)


def _quick(promise: Judge, names: str) -> tuple[Probe, ...]:
    return tuple(
        Probe("bombs", one.replace("_", " "), f"bombs.{one}", promise, pace="quick")
        for one in names.split()
    )


BOMBS = (
    *_quick(
        ends("timed_out"),
        """spin spin_deaf spin_in_c spin_in_threads sleep sleep_with_blocked_signals stop_oneself
        drip_output""",
    ),
    *_quick(ends("output_limit"), "flood_output flood_errors flood_both"),
    Probe("bombs", "burn", "bombs.burn", ends("died"), pace="short of cpu"),
    *_several(
        "bombs",
        "bombs",
        held,
        """take_memory take_memory_in_pieces take_memory_unseen take_shared_memory
        swell_in_a_decompressor swell_in_an_integer lock_memory one_large_file one_sparse_file
        allocate_ahead many_descriptors large_pipes many_watchers many_timers fork_bomb""",
    ),
    Probe("bombs", "recurse", "bombs.recurse", survived, pace="quick"),
    Probe("bombs", "many locks", "bombs.many_locks", survived),
    Probe("bombs", "fill disk", "bombs.fill_disk", not_in_c="capped by file, not as a whole"),
    Probe("bombs", "fill inodes", "bombs.fill_inodes", not_in_c="number of files"),
    Probe("bombs", "fill links", "bombs.fill_links", not_in_c="number of files"),
    Probe("bombs", "many threads", "bombs.many_threads", not_in_c="number of threads"),
    *_several(
        "bombs",
        "bombs",
        ends("died"),
        "exit_at_once abort segfault illegal_instruction kill_oneself",
    ),
    Probe("bombs", "limits", "bombs.limits", gives([1, 0, 0])),
)


def _lie(name: str, status: str, code: str = "", kind: str = "", pace: Pace = "usual") -> Probe:
    promise = ends(status, code=code, kind=kind)
    return Probe("results that lie", name.replace("_", " "), f"lies.{name}", promise, pace=pace)


_NO_NUMBER = "json.number_range"

LIES = (
    _lie("announce_too_much", "refused", "result.too_large"),
    _lie("announce_and_wait", "timed_out", pace="quick"),
    _lie("drip_a_frame", "timed_out", pace="quick"),
    _lie("empty_frame", "refused", "json.syntax"),
    _lie("no_json", "refused", "json.syntax"),
    _lie("no_object", "refused", "result.not_json"),
    _lie("no_utf8", "refused"),
    _lie("byte_order_mark", "refused"),
    _lie("two_values", "refused", "json.syntax"),
    _lie("unknown_kind", "refused", "result.not_json"),
    _lie("kind_is_a_list", "refused", "result.not_json"),
    _lie("not_a_number", "refused", _NO_NUMBER),
    _lie("infinity", "refused", _NO_NUMBER),
    _lie("overflowing_number", "refused", _NO_NUMBER),
    _lie("long_number", "refused", _NO_NUMBER),
    _lie("large_integer", "refused", _NO_NUMBER),
    _lie("deep_frame", "refused", "json.too_deep"),
    _lie("deep_objects", "refused", "json.too_deep"),
    _lie("duplicate_keys", "refused", "json.duplicate_key"),
    _lie("duplicate_keys_in_disguise", "refused", "json.duplicate_key"),
    _lie("half_a_surrogate", "refused", "json.lone_surrogate"),
    _lie("ask_nobody", "refused", "result.not_json"),
    _lie("ask_without_end", "timed_out", pace="quick"),
    _lie("tell_without_end", "timed_out", pace="quick"),
    _lie("hand_over_descriptors", "timed_out", pace="quick"),
    _lie("close_the_channel", "died"),
    _lie("shut_the_channel", "died"),
    _lie("replace_the_channel", "died"),
    _lie("return_nan", "raised", "result.not_json"),
    _lie("return_infinity", "raised", "result.not_json"),
    _lie("return_object", "raised", "result.not_json"),
    _lie("return_itself", "raised", "result.not_json"),
    _lie("return_bytes", "raised", "result.not_json"),
    _lie("return_generator", "raised", "result.not_json"),
    _lie("return_very_deep", "raised", "result.not_json"),
    _lie("return_deep", "refused", "json.too_deep"),
    _lie("return_large", "refused", "result.too_large"),
    _lie("return_large_integer", "refused", _NO_NUMBER),
    _lie("return_half_a_surrogate", "refused", "json.lone_surrogate"),
    _lie("raise_liar", "raised", kind="_LiarError"),
    _lie("exit_by_exception", "raised", kind="SystemExit"),
    _lie("interrupt", "raised", kind="KeyboardInterrupt"),
    _lie("raise_posing", "raised", kind="_PosingError"),
    *_several(
        "results that lie",
        "lies",
        short_words,
        "raise_loud raise_long_name raise_from_elsewhere raise_chain raise_group",
    ),
    *(
        Probe(
            "results that lie",
            one.replace("_", " "),
            f"lies.{one}",
            ends("raised", "timed_out", "died"),
            pace="quick",
        )
        for one in ("return_endless", "pose_as_the_walls")
    ),
    Probe(
        "results that lie",
        "answer for oneself",
        "lies.answer_for_oneself",
        ends("returned", value="by hand"),
    ),
    Probe(
        "results that lie",
        "answer twice",
        "lies.answer_twice",
        ends("returned", value="first"),
    ),
    Probe(
        "results that lie",
        "answer and flood",
        "lies.answer_and_flood",
        ends("returned", value="first"),
    ),
    Probe("results that lie", "answer late", "lies.answer_late", gives("in time")),
    Probe(
        "results that lie",
        "close everything",
        "lies.close_everything",
        gives("without descriptors"),
    ),
    Probe(
        "results that lie",
        "return enum",
        "lies.return_enum",
        gives({"kind": 1, "true": True}),
    ),
)

PROBES: tuple[Probe, ...] = (
    *FILES,
    *MOUNTS,
    *CALLS,
    *SOCKETS,
    *PROCESSES,
    *INHERITED,
    *BOMBS,
    *LIES,
)
