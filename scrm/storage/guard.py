"""Keeps a child process from outliving the hub, even when the hub is killed with -9.

Run as a program: `python -I guard.py exec|watch PARENT COMMAND...`. Standard library only, because it starts before
everything else and must start fast.

exec (Linux): the kernel is asked to kill this process when its parent ends, then COMMAND takes its place.
watch (anywhere): COMMAND runs as a child; when our standard input closes, which only the hub holds open, it is killed.
Killing is safe: the embedded database has every acknowledged write on disk.
"""

import os
import signal
import subprocess
import sys
import threading

PR_SET_PDEATHSIG = 1


def exec_guarded(parent: int, command: list[str]) -> None:
    import ctypes

    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:  # it ended before the kernel knew what we want
        sys.exit(1)
    os.execv(command[0], command)


def watch_guarded(command: list[str]) -> int:
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def kill_on_end_of_input() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        child.kill()

    def terminate_child(_signal: int, _frame: object) -> None:
        child.terminate()

    signal.signal(signal.SIGTERM, terminate_child)
    threading.Thread(target=kill_on_end_of_input, daemon=True).start()
    return child.wait()


if __name__ == "__main__":
    if sys.argv[1] == "exec":
        exec_guarded(int(sys.argv[2]), sys.argv[3:])
    sys.exit(watch_guarded(sys.argv[3:]))
