"""What becomes of names that MXNet has and this package has not."""

from __future__ import annotations

from collections.abc import Mapping

from .errors import HeadraceError


class UnsupportedNameError(HeadraceError, AttributeError):
    """``headrace.mx`` has MXNet's data loading API and no more; the hint says what to use in the name's place."""

    code = "unsupported"


def missing(module: str, name: str, instead: Mapping[str, str]) -> AttributeError:
    """The error for a name that a module has not."""
    if name.startswith("__"):
        # Asked for by Python itself, which wants the plain answer.
        return AttributeError(f"module {module!r} has no attribute {name!r}")
    hint = instead.get(name, "it has MXNet's data loading API only; the rest is for your training framework")
    return UnsupportedNameError(f"{module} has no {name}", hint=hint)
