"""The floor: libjpeg-turbo's own full decode of the same files, in C (`floor.c`), built and run here."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent


def compile_c(source: str, folder: str, *arguments: str) -> str:
    """Compiles a program of this folder into another; returns its path."""
    program = f"{folder}/{Path(source).stem}"
    subprocess.run(["cc", "-O2", "-o", program, str(HERE / source), *arguments, "-ljpeg", "-lm"], check=True)
    return program


def build(folder: str) -> str:
    return compile_c("floor.c", folder)


def run(program: str, records: str) -> dict:
    """What the program prints of a RecordIO file."""
    result = subprocess.run([program, records], stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(result.stdout)
