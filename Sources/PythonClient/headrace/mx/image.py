"""``mx.image``: ``headrace.image``, giving NDArrays.

Functions and augmenters give the array class they are given. What makes images makes NDArrays here.
"""

from __future__ import annotations

import functools
from typing import Any

from .. import image as _image
from .._unsupported import missing
from . import nd
from .io import GivesNDArrays

__all__ = list(_image.__all__)


def _giving_ndarrays(function: Any) -> Any:
    @functools.wraps(function)
    def give(*args: Any, **kwargs: Any) -> nd.NDArray:
        return nd.view(function(*args, **kwargs))

    return give


_MAKE_IMAGES = ("imdecode", "imread", "imresize")
_ITERATORS = ("ImageIter", "ImageDetIter")

for _name in __all__:
    _thing = getattr(_image, _name)
    if _name in _MAKE_IMAGES:
        _thing = _giving_ndarrays(_thing)
    elif _name in _ITERATORS:
        _thing = type(_name, (GivesNDArrays, _thing), {"__doc__": _thing.__doc__, "__module__": __name__})
    globals()[_name] = _thing


def __getattr__(name: str) -> Any:
    raise missing(__name__, name, {name: f"there are {', '.join(sorted(__all__))}"})
