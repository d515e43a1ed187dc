"""A trainer that reads one epoch of a data set: epoch_client.py URL DATASET [--pause-at STEP FILE].

Prints, when the epoch is over, `digest HEX memory shared|received reconnections N`. With --pause-at it makes FILE when it
has so many batches, and goes on when FILE is gone.
"""

import hashlib
import pathlib
import sys
import time

import headrace

url, dataset = sys.argv[1:3]
pause_at, flag = (int(sys.argv[4]), pathlib.Path(sys.argv[5])) if "--pause-at" in sys.argv else (-1, None)
digest = hashlib.sha256()
with headrace.connect(url) as client, client.open(dataset) as stream:
    for batch in stream:
        for array in (batch.data[0], batch.label[0], batch.index):
            digest.update(array.tobytes())
        digest.update(f"{batch.epoch} {batch.step} {batch.pad}".encode())
        if batch.step + 1 == pause_at and flag is not None:
            flag.touch()
            while flag.exists():
                time.sleep(0.02)
    mapped = "memfd:" in pathlib.Path("/proc/self/maps").read_text()
    reconnections = stream.stats()["client_reconnections"]
print("digest", digest.hexdigest(), "memory", "shared" if mapped else "received", "reconnections", reconnections)
