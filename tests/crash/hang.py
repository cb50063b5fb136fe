"""Two gateways over one PostgreSQL: one of them, or PostgreSQL itself, says nothing for a while, and wakes.

What hangs has died for the others, and knows nothing of it: what it wakes with in its hands is another's by then.
"""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import ExitStack, contextmanager, suppress

from crash.pair import Pair, pair
from crash.rounds import asked_for, run
from e2e.process import children
from e2e.several import nodes
from e2e.waiting import until
from postgresql import Cluster

LONGEST = 30.0
"""Seconds. After some 15 a gateway is taken over from; a server is waited for."""
SECONDS = 60
RUNNING = 3


class Hanging(Pair):
    """Who is not killed."""

    def kill(self, chance: random.Random) -> None:
        """Stopped amid what it does, and let go on; until it is what it was before."""
        victim = chance.randrange(RUNNING)
        if victim < len(self.both):
            stopped = [self.both[victim].running.pid]
        else:
            stopped = [self.cluster.pid, *children(self.cluster.pid)]
        with held(stopped):
            time.sleep(chance.uniform(0.1, LONGEST))  # nothing tells when there was enough of nothing
        until(lambda: nodes(self.cluster, self.url) == len(self.both), "both to be there again", SECONDS)


@contextmanager
def held(pids: list[int]):
    """Stopped in here. The first is the parent of the others: nobody is born meanwhile."""
    with ExitStack() as stack:
        for pid in pids:
            _tell(pid, signal.SIGSTOP)
            stack.callback(_tell, pid, signal.SIGCONT)
        yield


def _tell(pid: int, what: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # it has ended meanwhile
        os.kill(pid, what)


if __name__ == "__main__":
    options = asked_for(__doc__, 25)
    with Cluster() as cluster:
        run(options.rounds, options.seed, lambda folder, sink: pair(folder, sink, cluster, Hanging))
