#!/usr/bin/env python3
"""Makes the manual pages: make_manual.py BINARIES OUTPUT

BINARIES is the folder with `headraced` and `headrace`, OUTPUT the folder that the pages are written to.

What can go out of date is not written by hand: options and commands come from the programs themselves, the keys of the
configuration from config/headraced.yaml, which a test holds against the daemon. The rest stands in the *.in files here.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SAMPLE = HERE.parents[1] / "config" / "headraced.yaml"
KEY = re.compile(r"( *)(# )?([a-z][a-z_0-9]*):(?: (.*))?")


def escaped(text: str) -> str:
    """`text` so that roff prints it as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("…", "\\&...")
    return "\\&" + text if text.startswith((".", "'")) else text


def prose(text: str) -> str:
    """Text with `code` in it: one line, code in bold."""
    parts = re.split(r"`([^`]*)`", " ".join(text.split()))
    marked = (f"\\fB{escaped(part)}\\fR" if i % 2 else plain(part) for i, part in enumerate(parts))
    line = "".join(marked)
    return "\\&" + line if line.startswith((".", "'")) else line


def plain(text: str) -> str:
    """Options keep their hyphens, so that they can be copied; words may be broken at theirs."""
    text = text.replace("\\", "\\e").replace("…", "\\&...")
    return re.sub(r"(?<!\w)-+[\w-]*", lambda found: found[0].replace("-", "\\-"), text)


def paragraphs(text: str) -> list[str]:
    return [part for part in re.split(r"\n\s*\n", text.strip()) if part]


def literal(lines: list[str]) -> list[str]:
    return [".Bd -literal -offset indent", *map(escaped, textwrap.dedent("\n".join(lines)).splitlines()), ".Ed"]


# Programs


def described(program: Path) -> dict[str, Any]:
    """What a program says of its commands and options."""
    output = subprocess.run([program, "--experimental-dump-help"], check=True, capture_output=True, text=True).stdout
    command: dict[str, Any] = json.loads(output)["command"]
    return command


def flags(argument: dict[str, Any]) -> list[str]:
    return ["-" * (1 if name["kind"] == "short" else 2) + name["name"] for name in argument.get("names", [])]


def listed(command: dict[str, Any]) -> list[dict[str, Any]]:
    """Its arguments, but for --help and --version, which all programs have."""
    arguments = command.get("arguments", [])
    return [a for a in arguments if a["shouldDisplay"] and a["valueName"] not in ("help", "version")]


def synopsis(command: dict[str, Any], name: str) -> list[str]:
    lines = [f".Nm {name}"]
    for argument in listed(command):
        dots = " ..." if argument["isRepeating"] else ""
        if argument["kind"] == "positional":
            lines.append((".Op Ar " if argument["isOptional"] else ".Ar ") + escaped(argument["valueName"]) + dots)
            continue
        text = "Fl " + escaped(flags(argument)[0].removeprefix("-"))
        if argument["kind"] == "option":
            text += f" Ar {escaped(argument['valueName'])}"
        lines.append((".Op " if argument["isOptional"] else ".") + text + dots)
    return lines


def options(command: dict[str, Any]) -> list[str]:
    shown = listed(command)
    if not shown:
        return []
    lines = [".Bl -tag -width Ds"]
    for argument in shown:
        if argument["kind"] == "positional":
            head = ".It Ar " + escaped(argument["valueName"])
        else:
            head = ".It " + " , ".join("Fl " + escaped(flag.removeprefix("-")) for flag in flags(argument))
            if argument["kind"] == "option":
                head += f" Ar {escaped(argument['valueName'])}"
        text = argument.get("abstract", "")
        if values := argument.get("allValues"):
            text += f" One of {', '.join(f'`{value}`' for value in values)}."
        if default := argument.get("defaultValue"):
            text += f" Default: `{default}`."
        lines += [head, prose(text)]
        if detail := argument.get("discussion"):
            lines += [".Pp", prose(detail)]
    return [*lines, ".El"]


def commands(command: dict[str, Any], name: str = "") -> list[str]:
    """A part for each command that does something itself."""
    name = f"{name} {command['commandName']}".strip()
    inner = [sub for sub in command.get("subcommands", []) if sub["shouldDisplay"] and sub["commandName"] != "help"]
    if inner:
        return [line for sub in inner for line in commands(sub, name)]
    lines = [f".Ss {escaped(name)}", prose(command.get("abstract", "")), ".Pp"]
    lines += [".Bd -ragged -offset indent", *synopsis(command, escaped(name)), ".Ed"]
    for paragraph in paragraphs(command.get("discussion", "")):
        # The programs break lines where it matters, as between examples.
        first, *others = paragraph.splitlines()
        lines += [".Pp", prose(first)]
        lines += [part for line in others for part in (".br", prose(line))]
    return [*lines, ".Pp", *options(command)]


# The configuration


@dataclass
class Key:
    """A key of the sample."""

    path: str
    value: str | None
    comment: list[str]
    example: list[str] = field(default_factory=list)


def sample_keys(text: str) -> tuple[list[str], list[Key]]:
    """The comment at the top of the sample, and its keys with what stands above each."""
    top, _, rest = text.partition("\n\n")
    keys: list[Key] = []
    sections: list[tuple[int, str]] = []
    comment: list[str] = []
    last: Key | None = None
    for line in rest.splitlines():
        content = line.strip()
        match = KEY.fullmatch(line)
        if match:
            indent, is_default, name, value = len(match[1]), match[2], match[3], match[4]
            while sections and sections[-1][0] >= indent:
                sections.pop()
            path = ".".join([section for _, section in sections] + [name])
            if is_default is None:
                sections.append((indent, name))
                last = None
            else:
                last = Key(path, value, comment)
                keys.append(last)
            comment = []
        elif not content:
            comment, last = [], None
        elif last is not None and content.startswith("#   "):
            last.example.append(content.removeprefix("# "))
        else:
            comment.append(content.removeprefix("#").strip())
    return [line.removeprefix("#").rstrip() for line in top.splitlines()], keys


def introduction(lines: list[str]) -> list[str]:
    """The sample's first lines: sentences, then points."""
    text = "\n".join(line.removeprefix(" ") for line in lines)
    sentences, *points = re.split(r"\n(?=\* )", text)
    result = [prose(sentences), ".Bl -bullet"]
    for point in points:
        result += [".It", prose(point.removeprefix("* "))]
    return [*result, ".El"]


def configuration_keys(keys: list[Key]) -> list[str]:
    lines = [".Bl -tag -width Ds"]
    for key in keys:
        lines.append(f".It Sy {escaped(key.path)}")
        lines += [prose("\n".join(key.comment))] if key.comment else []
        lines += literal([f"{key.path}:", *key.example]) if key.example else []
    return [*lines, ".El"]


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    binaries, output = Path(sys.argv[1]), Path(sys.argv[2])
    output.mkdir(parents=True, exist_ok=True)
    daemon, tool = described(binaries / "headraced"), described(binaries / "headrace")
    top, keys = sample_keys(SAMPLE.read_text())
    filled = {
        "@DAEMON-SYNOPSIS@": synopsis(daemon, "headraced"),
        "@DAEMON-OPTIONS@": options(daemon),
        "@COMMANDS@": commands(tool),
        "@CONFIGURATION@": introduction(top),
        "@KEYS@": configuration_keys(keys),
    }
    for source in sorted(HERE.glob("*.in")):
        lines: list[str] = []
        for line in source.read_text().splitlines():
            lines += filled.get(line, [line])
        (output / source.stem).write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
