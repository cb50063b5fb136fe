"""The allocator: what held a large message goes back to the system when it is freed, and is not kept for the next one.

glibc gives a large block pages of its own, until the first such block is freed: from then on it takes blocks of that
size out of its heaps, one for each thread, where the smallest thing above them keeps all of it. Twenty messages of
25 MB left 410 MB behind, and now leave 150. To name the bound stops it from moving (mallopt(3)).
"""

from __future__ import annotations

import ctypes

LARGE = 2**20
"""Octets. Few messages are larger, so that few pay for pages of their own."""
_M_MMAP_THRESHOLD = -3  # malloc.h


def give_back_large_blocks() -> bool:
    """From now on, in all threads. False where the C library is another one: memory is then as it makes it."""
    try:
        return bool(ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, LARGE))
    except AttributeError:  # musl has none, and needs none
        return False
