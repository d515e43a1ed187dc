"""The floor: libjpeg-turbo's own full decode of the same files, in C (`floor.c`), built and run here."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

SOURCE = Path(__file__).resolve().parent / "floor.c"


def build(folder: str) -> str:
    """Compiles the program into `folder`; returns its path."""
    program = f"{folder}/floor"
    subprocess.run(["cc", "-O2", "-o", program, str(SOURCE), "-ljpeg"], check=True)
    return program


def run(program: str, records: str) -> dict:
    """CPU milliseconds of one thread per image, and what library took them."""
    result = subprocess.run([program, records], stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(result.stdout)
