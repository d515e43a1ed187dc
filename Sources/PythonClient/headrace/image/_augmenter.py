"""``Augmenter``, the base of all augmenters, and what turns a list of them into data for the server."""

from __future__ import annotations

import inspect
import json
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from ..errors import BadParameterError
from ._pixels import Array

Kind = TypeVar("Kind", bound=type)
# The classes whose instances the server can carry out.
_SERVED: set[type] = set()


class Describable:
    """What remembers the parameters it was made with, and tells them."""

    def __init__(self, **kwargs: Any) -> None:
        self._kwargs = {name: _plain(value) for name, value in kwargs.items()}

    def dumps(self) -> Any:
        """The augmenter as MXNet writes it: JSON text ``["classname", {parameters}]``, of a container a nested list."""
        return json.dumps([type(self).__name__.lower(), self._kwargs])


class Augmenter(Describable):
    """A change to an image. Subclasses define ``__call__``.

    Images are arrays of height, width and channels. Calls leave them as they are and give a new array or a view, of the
    same array class. Random decisions are drawn from Python's ``random`` as MXNet draws them, so that equal seeds give
    equal results; inside the server they follow the iterator's ``seed`` instead.

    Args:
        kwargs: parameters, for ``dumps``.
    """

    def __call__(self, src: Any) -> Array:
        """The changed image."""
        raise NotImplementedError(f"{type(self).__name__} does not define __call__")


def served(kind: Kind) -> Kind:
    """Marks a class that the server knows by its name and the parameters of its constructor."""
    _SERVED.add(kind)
    return kind


def describe(augmenter: Any, place: str) -> list[Any]:
    """An augmenter as data: its class and its parameters, ``[name, [[key, value], …]]``.

    The values are those of the attributes that are called like the constructor's parameters, as they are now.

    Raises:
        BadParameterError: the server does not know the class.
    """
    kind = type(augmenter)
    if kind not in _SERVED:
        raise BadParameterError(
            f"{place} is a {kind.__name__}: the server augments, and it has no such class and runs no code of this "
            "process; write it with the classes of headrace.image, or apply it to the batches that next() gives"
        )
    values = {name: getattr(augmenter, name) for name in inspect.signature(kind).parameters}
    return [kind.__name__, [[name, _value(value, f"{place}.{name}")] for name, value in values.items()]]


def describe_all(augmenters: Any, place: str) -> list[Any]:
    """``describe`` of each augmenter of a list."""
    if isinstance(augmenters, Describable) or not isinstance(augmenters, Sequence) or isinstance(augmenters, str):
        raise BadParameterError(f"{place} is {augmenters!r:.100}, it must be a list of augmenters")
    return [describe(augmenter, f"{place}[{index}]") for index, augmenter in enumerate(augmenters)]


def _value(value: Any, place: str) -> Any:
    if isinstance(value, Describable) or callable(value):
        return describe(value, place)
    if isinstance(value, (list, tuple)) and any(callable(element) for element in value):
        return describe_all(value, place)
    return _plain(value)


def _plain(value: Any) -> Any:
    """A parameter as JSON value where there is one."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (list, tuple)):
        return [_plain(element) for element in value]
    return value
