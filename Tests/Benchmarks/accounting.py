"""What processes cost: CPU time and memory, read from /proc; and on what machine."""

from __future__ import annotations

import os
import platform
import resource
from pathlib import Path


def descendants() -> list[int]:
    """Process ids of this process's children, their children, and so on."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                # The name may hold anything; what follows its closing parenthesis does not.
                fields = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # It ended meanwhile.
            parents[int(entry)] = int(fields[1])
    found, waiting = [], [os.getpid()]
    while waiting:
        parent = waiting.pop()
        children = [child for child, its_parent in parents.items() if its_parent == parent]
        found += children
        waiting += children
    return found


def cpu_seconds(processes: list[int]) -> float:
    """User and system time of this process and of `processes`, all threads, since each began."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    return own.ru_utime + own.ru_stime + sum(map(process_cpu_seconds, processes))


def process_cpu_seconds(process: int) -> float:
    """User and system time of a process, all threads, since it began."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _field_bytes(path: str, *names: str) -> int:
    """The sum of the named fields of a page of /proc that counts in kB; 0 for those it does not have."""
    lines = (line.partition(":") for line in Path(path).read_text().splitlines())
    return sum(int(value.split()[0]) * 1024 for name, _, value in lines if name in names)


def memory_bytes(processes: list[int]) -> int:
    """What this process and `processes` hold together now: shared pages count once, pages of files on disk not at all."""
    return sum(
        _field_bytes(f"/proc/{process}/smaps_rollup", "Pss_Anon", "Pss_Shmem") for process in [os.getpid(), *processes])


def peak_resident_bytes(processes: list[int]) -> int:
    """The sum of what each has had resident at most: pages that two of them share count twice, those of files too."""
    return sum(_field_bytes(f"/proc/{process}/status", "VmHWM") for process in [os.getpid(), *processes])


def is_in_memory_file(address: int) -> bool:
    """Whether the memory at `address` of this process is a mapped memfd."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        bounds, *rest = line.split(maxsplit=5)
        first, _, end = bounds.partition("-")
        if int(first, 16) <= address < int(end, 16):
            return len(rest) == 5 and rest[4].startswith("/memfd:")
    return False


def machine() -> dict:
    """What figures depend on and a reader cannot know."""
    processor = {}
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        processor.setdefault(name.strip(), value.strip())
    return {
        "processor": processor.get("model name", platform.machine()),
        "family_model": f"{processor.get('cpu family', '?')}/{processor.get('model', '?')}",
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }
