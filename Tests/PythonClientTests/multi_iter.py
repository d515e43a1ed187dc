"""The iterator that MXNet's documentation writes as an example, in today's Python."""

from __future__ import annotations


class MultiIter:
    """Several iterators as one, for training on several kinds of input."""

    def __init__(self, iter_list):
        self.iters = iter_list

    def next(self):
        batches = [i.next() for i in self.iters]
        # MXNet's names have a batch class of their own.
        return type(batches[0])(
            data=[x for b in batches for x in b.data], label=[x for b in batches for x in b.label]
        )

    def reset(self):
        for i in self.iters:
            i.reset()

    @property
    def provide_data(self):
        return [desc for i in self.iters for desc in i.provide_data]

    @property
    def provide_label(self):
        return [desc for i in self.iters for desc in i.provide_label]
