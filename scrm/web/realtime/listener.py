"""An agent's or a program's socket: who listens, what waits for it, and the conversation it follows."""

from scrm.web.auth import Principal
from scrm.web.realtime.line import LONGEST, Line
from scrm.web.realtime.watch import Watch

__all__ = ["LONGEST", "Listener"]


class Listener(Line):
    def __init__(self, principal: Principal) -> None:
        super().__init__()
        self.principal = principal
        self.watch: Watch | None = None
