"""Stops single threads of a process, as a hung system call would, while the others run on.

    stop_threads.py PROCESS PREFIX…

Stops every thread whose name begins with one of the prefixes, prints `stopped`, and lets them go on when standard input ends. Needs the right to
trace the process, as root has it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
from pathlib import Path

_SEIZE, _INTERRUPT = 0x4206, 0x4207
# Threads are waited for like children, which takes this flag.
_WALL = 0x40000000


def _trace(request: int, thread: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    if libc.ptrace(request, thread, None, None) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"thread {thread} cannot be stopped: {os.strerror(number)}")


def stop(process: int, prefixes: list[str]) -> int:
    """Stops the threads, until this process ends. Returns how many."""
    threads = []
    for entry in Path(f"/proc/{process}/task").iterdir():
        # Others come and go.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if (entry / "comm").read_text().startswith(tuple(prefixes)):
                threads.append(int(entry.name))
    for thread in threads:
        _trace(_SEIZE, thread)
        _trace(_INTERRUPT, thread)
        os.waitpid(thread, _WALL)
    return len(threads)


def end_with_standard_input() -> None:
    sys.stdin.read()
    # The threads go on when their tracer ends.
    os._exit(0)


if __name__ == "__main__":
    print(f"stopped {stop(int(sys.argv[1]), sys.argv[2:])}", flush=True)
    threading.Thread(target=end_with_standard_input, daemon=True).start()
    # A process that is killed ends only when the tracer of its threads has taken note of each.
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, _WALL)
