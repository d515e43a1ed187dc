"""Headrace in process: `headrace bench` consumes the batches itself; neither sockets nor Python are involved."""

from __future__ import annotations

import json
import math
import subprocess

from workloads import BATCH_SIZE, WARM_UP_IMAGES, Workload

from . import Unavailable
from .headrace_peer import program

# On a core. Only the number of epochs hangs on it.
_ASSUMED_IMAGES_PER_SECOND = 1500


def measure(workload: Workload, prefix: str, threads: int, seconds: float, images: int) -> dict:
    """As `compare.measure_source`: epochs to warm up, then whole epochs for about `seconds`. Memory is what is resident at most."""
    epochs = max(1, math.ceil(seconds * threads * _ASSUMED_IMAGES_PER_SECOND / images))
    first = math.ceil(WARM_UP_IMAGES / images)
    command = [program("headrace", "HEADRACE"), "bench", "--json", "--iterator", workload.iterator]
    command += ["--threads", str(threads), "--epochs", str(first + epochs)]
    for name, value in workload.arguments(prefix, threads).items():
        text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value).lower() if isinstance(value, bool) else value
        command.append(f"{name}={text}")
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if result.returncode != 0:
        raise Unavailable(f"headrace bench ended with status {result.returncode}: {result.stderr.strip()[-300:]}")
    found = json.loads(result.stdout)
    measured = math.ceil(images / BATCH_SIZE) * BATCH_SIZE * epochs
    cpu, wall = sum(found["epoch_cpu_milliseconds"][first:]), sum(found["epoch_seconds"][first:])
    return {
        "images": measured,
        "images_per_second": measured / wall,
        "cpu_ms_per_image": cpu / measured,
        "cores_used": cpu / 1000 / wall,
        "peak_memory_bytes": found["peak_memory_bytes"],
        "peak_resident_bytes": found["peak_memory_bytes"],
        "stages_ms_per_image": {
            stage: found[f"{stage}_milliseconds_per_image"] for stage in ("read", "decode", "augment")},
        "versions": {},
    }
