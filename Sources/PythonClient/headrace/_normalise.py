"""Arithmetic that a server leaves to its clients: bytes become the very values that the server would have sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ._batch import DataBatch, DataDesc
from ._memory import BufferPool

Array = npt.NDArray[Any]
Bytes = npt.NDArray[np.uint8]
_Step = tuple[Callable[..., Any], npt.NDArray[np.float32]]

FORMULAS = ("(x-mean)*(scale/std)", "(x-mean)*scale/std", "(x-mean)/std*scale")


@dataclass(frozen=True)
class Normalisation:
    """What is left to do to the data of a stream with ``wire="uint8"``. Calling it with ``batch.raw[0]`` does it.

    Attributes:
        dtype: what its values become: float32, float16 or float64, rounded from float32.
        layout: the array's layout, such as ``NCHW``.
        mean, std: in pixel values, one for each channel; ``scale``: a factor on all.
        formula: in which order they are combined. The orders differ in last bits only.
    """

    dtype: np.dtype[Any]
    layout: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    scale: float
    formula: str

    def __call__(self, raw: Bytes, out: Array | None = None) -> Array:
        """Normalised values of ``raw``, a batch or a part of one along its first axis, in ``out`` or a new array."""
        if out is None:
            out = np.empty(raw.shape, self.dtype)
        if raw.size == 0:
            return out
        axis = self.layout.index("C") - 1
        shape = raw.shape[1:]
        # Rows are as long as possible, so that the arithmetic runs over many values at once.
        rows = (shape[0], -1) if axis == 0 else (shape[0], shape[1] * shape[2])
        steps = [(step, self._laid_out(values, axis, shape)) for step, values in self._steps()]
        scratch = np.empty(shape, np.float32).reshape(rows)
        for sample, target in zip(raw, out, strict=True):
            flat = target.reshape(rows)
            values = flat if self.dtype == np.float32 else scratch
            # One sample at a time stays in the processor's cache from step to step.
            np.copyto(values, sample.reshape(rows))
            for step, operand in steps:
                step(values, operand, out=values)
            if values is not flat:
                np.copyto(flat, values, casting="unsafe")
        return out

    @staticmethod
    def _laid_out(values: npt.NDArray[np.float32], axis: int, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
        return values[:, None] if axis == 0 else np.tile(values, shape[1])

    def _steps(self) -> list[_Step]:
        """The operations in their order, without those that change no value of a byte."""
        mean, std = np.array(self.mean, np.float32), np.array(self.std, np.float32)
        scale = np.full_like(mean, self.scale)
        # Each line has the server's operations, with a rounding to float32 behind each.
        orders: dict[str, list[_Step]] = {
            FORMULAS[0]: [(np.subtract, mean), (np.multiply, scale / std), (np.add, np.float32(0) * scale / std)],
            FORMULAS[1]: [(np.subtract, mean), (np.multiply, scale), (np.divide, std)],
            FORMULAS[2]: [(np.subtract, mean), (np.divide, std), (np.multiply, scale)],
        }
        steps = orders[self.formula]
        expected = self._table(steps)
        for step in list(steps):
            others = [other for other in steps if other is not step]
            if np.array_equal(self._table(others), expected):
                steps = others
        return steps

    def _table(self, steps: Sequence[_Step]) -> npt.NDArray[np.uint32]:
        """The bits of the value of each byte in each channel."""
        values = np.repeat(np.arange(256, dtype=np.float32)[None], len(self.mean), axis=0)
        for step, operand in steps:
            step(values, operand[:, None], out=values)
        return values.view(np.uint32)

    def described(self, desc: DataDesc) -> DataDesc:
        """The descriptor of the array as it is delivered."""
        return DataDesc(desc.name, desc.shape, self.dtype, desc.layout)


class DeferredBatch(DataBatch):
    """A batch that came as bytes.

    Attributes:
        raw: the data arrays as they came, for those who normalise on the device that they train on. They are the
            caller's, as the others are.
        data: the data arrays normalised, made when they are asked for first.
    """

    def __init__(
        self, normalisation: Normalisation, pool: BufferPool, raw: Sequence[Any], *arguments: Any, **more: Any
    ) -> None:
        """Memory for the values comes from ``pool``."""
        self.raw = list(raw)
        self._normalisation = normalisation
        self._pool = pool
        super().__init__(self.raw, *arguments, **more)
        self._values: Any = None

    @property
    def data(self) -> Any:
        if self._values is None:
            self._values = [self._normalised(array) for array in self.raw]
        return self._values

    @data.setter
    def data(self, values: Any) -> None:
        self._values = values

    def _normalised(self, array: Bytes) -> Array:
        dtype = self._normalisation.dtype
        memory = self._pool.take(array.size * dtype.itemsize)
        return self._normalisation(array, memory.view(dtype).reshape(array.shape))
