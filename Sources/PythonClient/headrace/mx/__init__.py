"""MXNet's names for its data loading API: put ``import headrace.mx as mx`` in the place of ``import mxnet as mx``.

``mx.io``, ``mx.recordio`` and ``mx.image`` work as MXNet's, ``mx.nd`` as far as they need it. Any other name raises an
``AttributeError`` that says what to use instead.
"""

from __future__ import annotations

from typing import Any

from .._unsupported import UnsupportedNameError, missing
from .._version import __version__
from . import image, io, nd, recordio
from . import image as img
from . import nd as ndarray
from ._context import Context, cpu, current_context, gpu, num_gpus

__all__ = [
    "Context",
    "UnsupportedNameError",
    "__version__",
    "cpu",
    "current_context",
    "gpu",
    "image",
    "img",
    "io",
    "nd",
    "ndarray",
    "num_gpus",
    "recordio",
]

_INSTEAD = {
    "random": "shuffling and augmentation follow the iterators' `seed`, anything else numpy.random",
    "np": "use NumPy: NDArrays are NumPy arrays",
    "gluon": "PyTorch's DataLoader takes a headrace stream, with num_workers=0",
}


def __getattr__(name: str) -> Any:
    raise missing(__name__, name, _INSTEAD)
