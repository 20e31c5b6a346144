"""Agents as customers see them: the public name of each, the picture beside it, and nothing else."""

from scrm.ids import AgentId
from scrm.model.people import Agent
from scrm.ports.stores import AgentStore


class Faces:
    def __init__(self, agents: AgentStore) -> None:
        self._agents = agents
        self._known: dict[str, tuple[str | None, str | None]] = {}
        self._complete = False

    async def load(self) -> None:
        if self._complete:
            return
        self._complete = True  # what changes while they are read is put by the feed, and stays
        try:
            for agent in await self._agents.all():
                self._known.setdefault(agent.id, _face(agent))
        except BaseException:
            self._complete = False
            raise

    def put(self, agent: Agent) -> None:
        self._known[agent.id] = _face(agent)

    def name(self, agent_id: AgentId | str | None) -> str | None:
        return self._known.get(agent_id, (None, None))[0] if agent_id else None

    def picture(self, agent_id: AgentId | str | None) -> str | None:
        return self._known.get(agent_id, (None, None))[1] if agent_id else None

    def shows(self, picture: str) -> bool:
        """Whether it is the picture of anybody."""
        return any(shown == picture for _, shown in self._known.values())

    def forget(self) -> None:
        """Something may have been missed: read again."""
        self._known.clear()
        self._complete = False


def _face(agent: Agent) -> tuple[str | None, str | None]:
    """Whoever gives customers no name gives them no picture either."""
    return agent.public_name, agent.picture if agent.public_name else None
