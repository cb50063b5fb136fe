"""The gateway with somebody looking on: what each thread is at, weighed with the processor time that it took meanwhile.

`sampled.py FILE ARGUMENTS...` is `gateway ARGUMENTS...`; every second FILE is written anew. A sample waits for the
interpreter's lock, so it is taken between two of Python's steps: what runs outside of it, SQLite above all, is found
at the call that went there.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path

from gateway.__main__ import main

EVERY = 0.005  # seconds
WRITTEN = 200  # samples
_DEEP = 100  # frames
_HOME = re.compile(r"\A(?:.*/(?=gateway/)|.*/(?=[^/]+/[^/]+$))")
"""What a path begins with, down to our package, or else to the last folder."""


def watch(file: Path) -> None:
    """Look on until the process ends."""
    spent: dict[int, float] = {}
    own: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    all_of: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    samples = 0
    while True:
        time.sleep(EVERY)
        frames = sys._current_frames()
        for thread in threading.enumerate():
            frame = frames.get(thread.ident)
            if frame is None or thread is threading.current_thread():
                continue
            now = time.clock_gettime(time.pthread_getcpuclockid(thread.ident))
            took, spent[thread.ident] = now - spent.get(thread.ident, now), now
            name = "the loop" if thread is threading.main_thread() else thread.name.rstrip("_-0123456789")
            places = list(stack(frame))
            own[name][places[0]] += took
            for place in set(places):
                all_of[name][place] += took
        samples += 1
        if samples % WRITTEN == 0:
            draft = file.with_suffix(".draft")
            draft.write_text(json.dumps({"own": own, "all": all_of}))
            draft.rename(file)


def stack(frame):
    """Innermost first: file and function."""
    for _ in range(_DEEP):
        if frame is None:
            return
        code = frame.f_code
        yield f"{_HOME.sub('', code.co_filename)}:{code.co_name}"
        frame = frame.f_back


if __name__ == "__main__":
    sys.setswitchinterval(0.0005)  # a sample waits no longer, and finds where it was wanted
    threading.Thread(target=watch, args=(Path(sys.argv[1]),), daemon=True).start()
    del sys.argv[1]
    sys.exit(main())
