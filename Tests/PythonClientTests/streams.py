"""What the tests of streams share."""

from __future__ import annotations

import numpy as np
from scripted_server import expected_batch

import headrace


def connect(server, **options):
    return headrace.connect(server.url, **({"timeout": 10, "reconnect": 10} | options))


def open_stream(server, **options):
    return connect(server, **options).open(iterator="ImageRecordIter", batch_size=4)


def assert_batch(batch, epoch, step):
    """The batch is the one that the scripted server makes for this address."""
    data, label, index = expected_batch(epoch, step, batch.data[0].shape)
    assert (batch.epoch, batch.step, batch.part, batch.pad) == (epoch, step, 0, 0)
    np.testing.assert_array_equal(batch.data[0], data)
    np.testing.assert_array_equal(batch.label[0], label)
    np.testing.assert_array_equal(batch.index, index)
