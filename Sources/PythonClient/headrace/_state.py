"""Saved positions: what goes into a checkpoint, and what to say when it does not fit."""

from __future__ import annotations

import json
from typing import Any

from ._opened import Opened
from ._session import Position
from .errors import StateMismatchError

STATE_VERSION = 1
# A state goes into every checkpoint, so it stays below 1 kB: parameters that would take it beyond are left out.
_PARAMETER_BYTES = 600
_TITLES = {"iterator": "iterator", "manifest": "data (manifest hash)", "spec": "parameters (spec hash)"}


def save(opened: Opened, parameters: dict[str, Any], at: Position) -> dict[str, Any]:
    """A small dict of JSON values that names the next batch to be used."""
    state: dict[str, Any] = {
        "version": STATE_VERSION,
        "iterator": opened.iterator,
        "manifest": opened.manifest,
        "spec": opened.spec,
        "epoch": at.epoch,
        "step": at.step,
    }
    if at.token is not None:
        state["token"] = at.token
    if len(json.dumps(parameters)) <= _PARAMETER_BYTES:
        state["parameters"] = parameters
    return state


def check(state: dict[str, Any]) -> None:
    """Raises StateMismatchError when this is no state, or one of a version that is not known."""
    version = state.get("version") if isinstance(state, dict) else None
    if version != STATE_VERSION:
        raise StateMismatchError(f"the state has version {version!r:.20}, this client reads version {STATE_VERSION}")
    for name in ("epoch", "step"):
        if not isinstance(state.get(name), int) or state[name] < 0:
            raise StateMismatchError(f"the state's {name} is {state.get(name)!r:.60}, not a count")


def fits(state: dict[str, Any], opened: Opened) -> bool:
    return bool(state.get("manifest") == opened.manifest and state.get("spec") == opened.spec)


def difference(state: dict[str, Any], opened: Opened, parameters: dict[str, Any]) -> str:
    """What a state and a stream differ in, for a person."""
    parts = [
        f"{title}: {state.get(name)!r:.60} in the state, {getattr(opened, name)!r} here"
        for name, title in _TITLES.items()
        if state.get(name) != getattr(opened, name)
    ]
    saved = state.get("parameters")
    if isinstance(saved, dict):
        parts += [
            f"{name}: {_shown(saved, name)} in the state, {_shown(parameters, name)} here"
            for name in sorted(saved.keys() | parameters.keys())
            if _shown(saved, name) != _shown(parameters, name)
        ]
    return "; ".join(parts)


def _shown(parameters: dict[str, Any], name: str) -> str:
    return f"{parameters[name]!r:.60}" if name in parameters else "not given"
