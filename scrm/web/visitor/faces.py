"""Agents as customers see them: the public name of each, and nothing else."""

from scrm.ids import AgentId
from scrm.model.people import Agent
from scrm.ports.stores import AgentStore


class Faces:
    def __init__(self, agents: AgentStore) -> None:
        self._agents = agents
        self._names: dict[str, str | None] = {}
        self._complete = False

    async def load(self) -> None:
        if self._complete:
            return
        self._complete = True  # what changes while they are read is put by the feed, and stays
        try:
            for agent in await self._agents.all():
                self._names.setdefault(agent.id, agent.public_name)
        except BaseException:
            self._complete = False
            raise

    def put(self, agent: Agent) -> None:
        self._names[agent.id] = agent.public_name

    def name(self, agent_id: AgentId | str | None) -> str | None:
        return self._names.get(agent_id) if agent_id else None

    def forget(self) -> None:
        """Something may have been missed: read again."""
        self._names.clear()
        self._complete = False
