"""How long a workspace that exists takes to stand: started twice over one folder, the second start is told of.

    python -m bench.start [--data FOLDER] [--runs N]

--data: a stopped workspace, such as `scrm up --demo` leaves (else a new, empty one). --runs: starts that are measured.
Printed for each: seconds on the wall until `ready`, and until then of the processors by the hub itself, by the embedded
database, and by the reading worker. On a machine that others use, only the latter compare.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from bench.hub import Hub, free_port


async def started(data: Path) -> tuple[float, dict[str, float]]:
    """Of one start: seconds on the wall, and of the processors by process."""
    hub = Hub(data, free_port())
    began = time.monotonic()
    try:
        await hub.start()
        return time.monotonic() - began, hub.processor_seconds()
    finally:
        await hub.stop()


async def run(data: Path, runs: int) -> None:
    await started(data)  # makes collections, indexes and compiled files
    for _ in range(runs):
        wall, used = await started(data)
        parts = ", ".join(f"{name} {seconds:.2f}" for name, seconds in used.items())
        print(f"ready after {wall:.2f} s; processor seconds: {parts}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--runs", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(given.data or Path(folder) / "data", given.runs))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
