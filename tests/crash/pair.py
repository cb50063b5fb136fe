"""Two gateways over one PostgreSQL: one of them, or PostgreSQL itself, is killed. The same rounds as of one alone."""

from __future__ import annotations

import random
import signal
from collections.abc import Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from crash.rounds import ROUND_SECONDS, asked_for, run
from e2e.process import Gateway
from e2e.several import over
from e2e.sink import Sink
from e2e.waiting import until
from postgresql import Cluster


@dataclass
class Pair:
    """`rounds.Fleet`."""

    cluster: Cluster
    url: str
    both: tuple[Gateway, Gateway]

    @property
    def asked(self) -> Gateway:
        """The first one's command line."""
        return self.both[0]

    @property
    def ports(self) -> Sequence[int]:
        """Where each listens."""
        return [one.smtp for one in self.both]

    def begin(self) -> None:
        """Start whatever does not run."""
        for one in self.both:
            if one.process is None or not one.alive():
                one.spawn()

    def ready(self) -> None:
        """Return when both take mail."""
        for one in self.both:
            until(one._ready, f"a gateway: {one.stderr()[-2000:]}", ROUND_SECONDS)

    def kill(self, chance: random.Random) -> None:
        """One of the three. PostgreSQL ends as in a crash, and is started at once: nobody else would do it."""
        victim = chance.randrange(3)
        if victim < len(self.both):
            self.both[victim].kill9()
        else:
            self.cluster.stop(signal.SIGQUIT)
            self.cluster.start()

    def sound(self) -> None:
        """Nothing: PostgreSQL looks at itself as it starts, and a gateway that goes on is no time to look at pages."""


@contextmanager
def pair(folder: Path, sink: Sink, cluster: Cluster, kind: type[Pair] = Pair):
    """Two that do not run yet."""
    with ExitStack() as stack:
        url = stack.enter_context(cluster.database())
        both = tuple(over(cluster, url, folder / name, sink.port) for name in ("one", "other"))
        both[0].prepare()
        for one in both:
            stack.push(one.__exit__)
        yield kind(cluster, url, both)


if __name__ == "__main__":
    options = asked_for(__doc__, 50)
    with Cluster() as cluster:
        run(options.rounds, options.seed, lambda folder, sink: pair(folder, sink, cluster))
