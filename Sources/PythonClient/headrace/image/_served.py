"""What ``ImageIter`` and ``ImageDetIter`` share: a stream whose augmenters travel to the server as data."""

from __future__ import annotations

import inspect
import math
from typing import Any, ClassVar

from .. import _parameters
from .._client import Client, connect
from .._unsupported import UnsupportedNameError
from ..errors import BadParameterError
from ..io import MXDataIter
from ._augmenter import describe_all
from ._create import CreateAugmenter

# What MXNet's iterators call for every sample in the trainer's process.
_HOOKS = (
    "next_sample",
    "read_image",
    "imdecode",
    "check_valid_image",
    "augmentation_transform",
    "postprocess_data",
)
_HOOK_HINT = "samples are made in the server; change the batch that next() gives, or give augmenters in aug_list"


class ServedImageIter(MXDataIter):
    """An iterator over images that the server decodes and augments. Subclasses name it and collect its parameters."""

    served: ClassVar[str]
    # Makes the augmenters that the server makes of keywords.
    create: ClassVar[Any] = staticmethod(CreateAugmenter)

    def __init__(
        self,
        parameters: dict[str, Any],
        *,
        aug_list: Any,
        imglist: Any,
        data_name: str,
        label_name: str,
        client: Client | None,
        url: str | None,
    ) -> None:
        self._refuse_hooks()
        self._parameters = {name: value for name, value in parameters.items() if value is not None}
        self._aug_list = aug_list
        if aug_list is not None:
            self._parameters["aug_list"] = describe_all(aug_list, "aug_list")
        if imglist is not None:
            # As it is now: what the caller does to the list later must not matter when a stream is opened again.
            self._parameters |= _parameters.to_wire({"imglist": imglist}, absolute_paths=False)
        self._names = (data_name, label_name)
        self._client = connect(url) if client is None else client
        super().__init__(self._client.open(iterator=self.served, **self._parameters), *self._names)
        self._provide()

    def _refuse_hooks(self) -> None:
        """A subclass's own treatment of samples would never be called."""
        for kind in type(self).__mro__:
            for name in _HOOKS:
                if name in vars(kind) and not kind.__module__.startswith(__package__.split(".")[0] + "."):
                    raise UnsupportedNameError(f"{kind.__name__}.{name} would not be called", hint=_HOOK_HINT)

    def _provide(self) -> None:
        # MXNet's image iterators give plain pairs, without type and layout.
        self.provide_data: Any = [(self._names[0], desc.shape) for desc in self.stream.provide_data]
        self.provide_label: Any = [(self._names[1], desc.shape) for desc in self.stream.provide_label]

    @property
    def data_shape(self) -> tuple[int, ...]:
        """Channels, height and width."""
        shape: tuple[int, ...] = self.stream.provide_data[0].shape[1:]
        return shape

    @property
    def auglist(self) -> list[Any]:
        """The augmenters: those given, or those that the server makes of the keywords."""
        if self._aug_list is not None:
            return list(self._aug_list)
        names = inspect.signature(self.create).parameters.keys() & self._parameters.keys() - {"data_shape"}
        made: list[Any] = self.create(self.data_shape, **{name: self._parameters[name] for name in names})
        return made

    @staticmethod
    def check_data_shape(data_shape: Any) -> None:
        """Raises BadParameterError unless it is 3 channels, height and width."""
        if not hasattr(data_shape, "__len__") or len(data_shape) != 3:
            raise BadParameterError(f"data_shape is {data_shape!r}, it must be (3, height, width)")
        if data_shape[0] != 3:
            raise BadParameterError(f"data_shape is {data_shape!r}: images have 3 channels here")

    def hard_reset(self) -> None:
        """Starts the next epoch that begins with the first record, which with ``roll_over`` not every one does."""
        stream = self.stream
        whole = 1
        if self._parameters.get("last_batch_handle") == "roll_over":
            together = stream.parameters.get("partition") == "global"
            group = stream.batch_size * (stream.num_parts if together else 1)
            whole = group // math.gcd(stream.records if together else stream.part_records, group)
        self._current = None
        if stream.step > 0 or stream.epoch % whole > 0 or len(stream) == 0:
            stream.seek((stream.epoch // whole + 1) * whole)

    def _reopen(self, **changes: Any) -> None:
        """Goes on at the same place with other parameters."""
        parameters = self._parameters | changes
        stream = self._client.open(iterator=self.served, **parameters)
        try:
            stream.seek(self.stream.epoch, self.stream.step)
        except BaseException:
            stream.close()
            raise
        self.stream.close()
        self.stream, self._parameters = stream, parameters
        self._provide()

    def __getattr__(self, name: str) -> Any:
        if name in _HOOKS:
            raise UnsupportedNameError(f"{type(self).__name__} has no {name}", hint=_HOOK_HINT)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
