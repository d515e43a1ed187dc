#!/usr/bin/env python3
"""Stands for `headraced --private` in tests of how a client starts one. What goes wrong is in $FAKE_HEADRACED."""

import os
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from scripted_server import ScriptedServer  # noqa: E402

arguments = sys.argv[1:]
assert arguments[0] == "--private" and arguments[1] == "--socket" and arguments[3:] == ["--exit-with-stdin"], arguments
path, mode = arguments[2], os.environ.get("FAKE_HEADRACED", "")
if mode == "fails":
    sys.exit("headraced: error: no memory for anything")
if mode == "silent":
    threading.Event().wait()
if mode == "chatty":
    print("hello", flush=True)
server = ScriptedServer(path)
server.listen()
if log := os.environ.get("FAKE_HEADRACED_LOG"):
    with open(log, "a") as file:
        file.write(f"{os.getpid()}\n")
print(f"ready {path}", flush=True)
sys.stdin.read()
if mode == "stubborn":
    time.sleep(60)
os.unlink(path)
