#!/usr/bin/env python3
"""Writes the vectors beside this file, from the protocol's text and nothing else. README.md describes them."""

import json
from pathlib import Path

import make_invalid
import make_session
import make_valid
from common import invalid, valid

HERE = Path(__file__).resolve().parent

for part in (make_valid.control, make_valid.batches, make_invalid.framing, make_invalid.messages, make_invalid.batches,
             make_session.sessions):
    part()

for folder, files in (("valid", valid), ("invalid", invalid)):
    for name, entries in files.items():
        assert len({entry["name"] for entry in entries}) == len(entries), name
        text = "[\n" + ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries) + "\n]\n"
        (HERE / folder).mkdir(exist_ok=True)
        (HERE / folder / f"{name}.json").write_text(text, encoding="utf-8")
