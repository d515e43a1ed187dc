"""Slots: batches in memory files of a server on the same machine, mapped instead of received.

The server fills a slot and says its number; the arrays that the user gets are views of this process's mapping. When the last
of them is gone, the slot is released and the server fills it anew. That they are gone is seen by weak references, because
Ctrl-C may end a destructor before its first line: whatever it prevents is made up for the next time somebody looks.

The mapping is private: what the user writes goes into pages of this process's own and harms nobody. Those pages hide what
the server writes later, so they are dropped before the slot's next use.
"""

from __future__ import annotations

import fcntl
import functools
import mmap
import os
import resource
import struct
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from ._sidechannel import SideChannel
from .errors import ProtocolError

Bytes = npt.NDArray[np.uint8]

# Linux's numbers, which Python has names for on some systems and from some versions on.
_F_GET_SEALS = 1034
_F_SEAL_SHRINK, _F_SEAL_GROW, _F_SEAL_WRITE, _F_SEAL_FUTURE_WRITE = 0x2, 0x4, 0x8, 0x10
_MAP_NORESERVE = 0x4000
_MADV_POPULATE_READ = 22
# linux/fs.h: struct pm_scan_arg, the call, and what it tells pages by.
_PM_SCAN = struct.Struct("<12Q")
_PAGEMAP_SCAN = 0xC060_6610
_PAGE_IS_FILE, _PAGE_IS_PRESENT, _PAGE_IS_SWAPPED = 0x4, 0x8, 0x10
_FEWEST_HELD = 2


class _Slot:
    """One memory file, mapped."""

    __slots__ = ("address", "bytes", "clean_since", "is_fresh", "memory")

    def __init__(self, file: int, size: int) -> None:
        self.memory = mmap.mmap(
            file, size, flags=mmap.MAP_PRIVATE | _MAP_NORESERVE, prot=mmap.PROT_READ | mmap.PROT_WRITE
        )
        try:
            self.memory.madvise(_MADV_POPULATE_READ)
        except OSError:
            pass  # An older kernel: pages then come when they are first looked at.
        self.bytes: Bytes = np.frombuffer(self.memory, dtype=np.uint8)
        self.address = self.bytes.ctypes.data
        self.is_fresh = True
        # The process's page faults when nothing had been written here.
        self.clean_since = -1

    def drop_own_pages(self) -> None:
        """Makes the whole mapping show the server's memory again."""
        # The first write to a page is a page fault. Without one since the last look there is nothing to look for.
        faults = _page_faults()
        if faults == self.clean_since and _are_faults_counted():
            return
        if self._has_own_pages():
            self.memory.madvise(mmap.MADV_DONTNEED)
        self.clean_since = faults

    def _has_own_pages(self) -> bool:
        """Looks at every page: up to 1 ms for a batch of 77 MB, where dropping all costs 13."""
        pages = -(-self.bytes.size // mmap.PAGESIZE)
        try:
            with open("/proc/self/pagemap", "rb", buffering=0) as table:
                found = self._find_own_page(table.fileno(), pages)
                if found is not None:
                    return found
                raw = os.pread(table.fileno(), pages * 8, self.address // mmap.PAGESIZE * 8)
        except OSError:
            return True
        if len(raw) != pages * 8:
            return True
        flags = np.frombuffer(raw, dtype="<u8") >> np.uint64(61)
        # Bit 2: present, bit 1: swapped out, bit 0: a page of the file (Linux, Documentation/admin-guide/mm/pagemap.rst).
        return bool(((flags != 0) & (flags & np.uint64(1) == 0)).any())

    def _find_own_page(self, table: int, pages: int) -> bool | None:
        """The same, asked of the kernel in one call; None when it does not know how (before Linux 6.7)."""
        region = np.zeros(3, dtype=np.uint64)
        end = self.address + pages * mmap.PAGESIZE
        request = bytearray(
            _PM_SCAN.pack(
                _PM_SCAN.size, 0, self.address, end, 0, region.ctypes.data, 1, 1,
                _PAGE_IS_FILE, _PAGE_IS_FILE, _PAGE_IS_PRESENT | _PAGE_IS_SWAPPED, _PAGE_IS_PRESENT)
        )  # fmt: skip
        try:
            return fcntl.ioctl(table, _PAGEMAP_SCAN, request) > 0
        except OSError:
            return None

    def keep(self) -> None:
        """Makes every page this process's own, so that it stays as it is whatever the server does."""
        self.bytes[:: mmap.PAGESIZE] |= np.uint8(0)


def _page_faults() -> int:
    """Of all threads of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_minflt + usage.ru_majflt


@functools.cache
def _are_faults_counted() -> bool:
    """Some sandboxes that pass for Linux count none."""
    with mmap.mmap(-1, mmap.PAGESIZE) as page:
        before = _page_faults()
        page[0] = 1
        return _page_faults() > before


class _Lease:
    """Owner of a slot while arrays refer to it; they are made through the array interface (see ``_memory._Lease``)."""

    __slots__ = ("__array_interface__", "__weakref__", "_slot")

    def __init__(self, slot: _Slot, size: int) -> None:
        self._slot = slot
        self.__array_interface__: dict[str, Any] = {
            "version": 3,
            "shape": (size,),
            "typestr": "|u1",
            "data": (slot.address, False),
        }


class Slots:
    """The slots of one stream's connection."""

    def __init__(self, side_channel: SideChannel, on_release: Callable[[], None]) -> None:
        """``on_release`` is called, on any thread and inside any other call, when ``collect`` may have something to give."""
        self._side_channel = side_channel
        self._on_release = on_release
        self._slots: dict[int, _Slot] = {}
        # Until `collect` has given their numbers out, also those that nothing refers to any more.
        self._leased: dict[int, tuple[_Slot, weakref.ref[_Lease]]] = {}
        self._pid = os.getpid()
        _all.add(self)

    @property
    def in_use(self) -> int:
        """Slots that arrays refer to."""
        return sum(1 for number in list(self._leased) if not self._is_gone(number))

    @property
    def has_released(self) -> bool:
        """Whether ``collect`` has something to give. In a forked child it has not: the slots are its parent's to release."""
        return self._pid == os.getpid() and any(map(self._is_gone, list(self._leased)))

    def collect(self) -> list[int]:
        """The slots that nothing refers to any more, each once; the caller tells the server."""
        if self._pid != os.getpid():
            return []
        numbers = [number for number in list(self._leased) if self._is_gone(number)]
        for number in numbers:
            del self._leased[number]
        return numbers

    def _is_gone(self, number: int) -> bool:
        _, lease = self._leased.get(number, (None, None))
        return lease is not None and lease() is None

    @staticmethod
    def most_held(slots: int) -> int:
        """Batches that the user may hold as views when the stream has so many slots: some must be left to fill."""
        return max(_FEWEST_HELD, slots - 2)

    def take(self, number: int, size: int) -> Bytes:
        """The payload in a slot that the server has just named.

        Raises:
            ProtocolError: there is no such slot, or it is not what was agreed on.
        """
        if number in self._leased:
            raise _refuse(f"slot {number} comes a second time before it was released")
        slot = self._slots.get(number)
        if slot is None:
            slot = self._slots[number] = self._receive(number)
        if not 0 < size <= slot.bytes.size:
            raise _refuse(f"slot {number} is to have {size} bytes of its {slot.bytes.size}")
        if slot.is_fresh:
            slot.is_fresh = False
        else:
            slot.drop_own_pages()
        lease = _Lease(slot, size)
        self._leased[number] = slot, weakref.ref(lease, self._on_end)
        return np.asarray(lease)

    def _receive(self, number: int) -> _Slot:
        """Maps the memory file that the server sent before it named the slot."""
        passed = self._side_channel.receive()
        if passed is None:
            raise _refuse(f"no descriptor has come for slot {number}")
        file, tag = passed
        try:
            if tag != f"slot {number}":
                raise _refuse(f"the descriptor for slot {number} is called {tag!r:.80}")
            try:
                seals = fcntl.fcntl(file, _F_GET_SEALS)
            except OSError as error:
                raise _refuse(f"slot {number} is no memory file") from error
            # Cut short, it would kill this process at its next look at it.
            has_fixed_size = bool(seals & _F_SEAL_SHRINK) and bool(seals & _F_SEAL_GROW)
            if not has_fixed_size or not seals & (_F_SEAL_WRITE | _F_SEAL_FUTURE_WRITE):
                raise _refuse(f"slot {number} is not sealed (F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_FUTURE_WRITE)")
            size = os.fstat(file).st_size
            if size == 0:
                raise _refuse(f"slot {number} is empty")
            return _Slot(file, size)
        finally:
            os.close(file)

    def _on_end(self, _: weakref.ref[_Lease]) -> None:
        self._on_release()

    def keep_for_children(self) -> None:
        """A child's arrays are to stay as they are when the parent, which goes on, releases their slots."""
        if self._pid == os.getpid():
            for slot, lease in list(self._leased.values()):
                if lease() is not None:
                    slot.keep()

    def close(self) -> None:
        """The connection is over: slots in use stay as they are for as long as arrays refer to them, the others go."""
        self._slots.clear()


_all: weakref.WeakSet[Slots] = weakref.WeakSet()


def _before_fork() -> None:
    for slots in list(_all):
        slots.keep_for_children()


os.register_at_fork(before=_before_fork)


def _refuse(reason: str) -> ProtocolError:
    return ProtocolError(f"bad slot: {reason}", scope="connection")
