"""The company as records: agents, teams, labels, canned replies, channels and customers. Pure."""

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

from scrm.demo import data
from scrm.demo.chance import chance
from scrm.demo.people import Person
from scrm.ids import AgentId, CannedReplyId, ChannelId, ContactId, LabelId, TeamId, encode
from scrm.model.analysis import Category
from scrm.model.base import Record
from scrm.model.channel import Channel
from scrm.model.contact import Contact, Identity, IdentityScope
from scrm.model.people import Agent, Availability, CannedReply, Label, Role, Team

CHANNEL_TYPE = "wechat"
HANDLED_BY = "wrote on wechat"


class Workspace(Record, kw_only=True):
    """Everything but the conversations; channels in the order of the data, people's records by their number."""

    agents: Sequence[Agent]
    teams: Sequence[Team]
    labels: Sequence[Label]
    canned: Sequence[CannedReply]
    channels: Sequence[Channel]


def id_maker(random: Random) -> Callable[[datetime], str]:
    """Ids that sort by the time of the story and, within it, by creation; the same for the same draws."""
    last = 0

    def make(at: datetime) -> str:
        nonlocal last
        last = max((int(at.timestamp() * 1000) << 80) | random.getrandbits(79), last + 1)
        return encode(last)

    return make


def workspace(
    *, seed: int, founded: datetime, password_hash: str, api_base: str, taxonomy: Sequence[Category]
) -> Workspace:
    make_id = id_maker(chance(seed, "workspace"))
    codes = {category.name_zh: category.code for category in taxonomy}
    company = data.company()
    teams = [
        Team(
            id=TeamId(make_id(founded)),
            name=team.name,
            categories=tuple(codes[name] for name in team.takes if name in codes),
            fallback=team.fallback,
            created_at=founded,
        )
        for team in company.team
    ]
    return Workspace(
        agents=_agents(teams, founded, password_hash, make_id),
        teams=teams,
        labels=[Label(id=LabelId(make_id(founded)), name=label.name, color=label.color) for label in company.label],
        canned=[
            CannedReply(
                id=CannedReplyId(make_id(founded)),
                shortcut=reply.shortcut,
                title=reply.title,
                content=reply.content,
                category=codes.get(reply.takes or ""),
                uses=chance(seed, "uses", reply.shortcut).randrange(120),
                updated_at=founded,
            )
            for reply in data.canned()
        ],
        channels=[
            Channel(
                id=ChannelId(make_id(founded)),
                type=CHANNEL_TYPE,
                name=channel.name,
                settings=_settings(chance(seed, "settings", number), api_base),
                created_at=founded,
                updated_at=founded,
            )
            for number, channel in enumerate(company.channel)
        ],
    )


def contact(
    person: Person, *, seed: int, since: datetime, seen: datetime, labels: Mapping[str, Label], home: Channel
) -> Contact:
    wanted = [name for name, held in (("VIP", person.vip), ("普通会员", person.tier == "普通会员")) if held]
    if person.language != "zh":
        wanted.append("海外")
    attributes = {"会员等级": person.tier, "累计消费": f"¥{person.spent:,}", "订单数": str(person.orders)}
    if person.satisfaction:
        attributes["满意度"] = person.satisfaction
    source = {"channel_id": str(home.id), "event": "follow"} | ({"scene": person.scene} if person.scene else {})
    return Contact(
        id=contact_id(seed, person, since),
        name=person.name,
        vip=person.vip,
        phone=person.phone,
        email=person.email,
        city=person.city,
        company=person.company,
        remark=person.remark,
        language={"zh": "zh_CN", "zh-Hant": "zh_TW"}.get(person.language, person.language),
        labels=tuple(labels[name].id for name in wanted),
        attributes=attributes,
        source=source,
        subscribed=True,
        created_at=since,
        updated_at=seen,
        last_seen_at=seen,
    )


def contact_id(seed: int, person: Person, since: datetime) -> ContactId:
    return ContactId(id_maker(chance(seed, "contact", person.number))(since))


def identities(person: Person, known: Contact, channels: Sequence[Channel], seed: int) -> list[Identity]:
    make_id = id_maker(chance(seed, "identity", person.number))
    return [
        Identity(
            id=make_id(known.created_at),
            scope=IdentityScope.CHANNEL,
            realm=channels[number].id,
            value=handle,
            contact_id=known.id,
            channel_id=channels[number].id,
            evidence=HANDLED_BY,
            created_at=known.created_at,
        )
        for number, handle in person.handles.items()
    ]


def _agents(
    teams: Sequence[Team], founded: datetime, password_hash: str, make_id: Callable[[datetime], str]
) -> list[Agent]:
    by_name = {team.name: team.id for team in teams}
    return [
        Agent(
            id=AgentId(make_id(founded + timedelta(minutes=number))),
            login=agent.login,
            name=agent.name,
            public_name=f"小{agent.name[-1]}",  # as agents of Chinese shops call themselves
            role=Role(agent.role),
            password_hash=password_hash,
            availability=Availability(agent.availability),
            capacity=agent.capacity,
            team_ids=tuple(by_name[name] for name in agent.teams),
            created_at=founded,
            updated_at=founded,
        )
        for number, agent in enumerate(data.company().agent)
    ]


def _settings(random: Random, api_base: str) -> dict[str, str]:
    """Credentials of an account that exists only in the simulator."""
    return {
        "app_id": f"wx{random.getrandbits(64):016x}",
        "app_secret": f"{random.getrandbits(128):032x}",
        "token": f"demo{random.getrandbits(64):016x}",
        "mode": "safe",
        "encoding_aes_key": _aes_key(random),
        "api_base": api_base,
    }


def _aes_key(random: Random) -> str:
    while True:
        key = base64.b64encode(random.randbytes(32)).decode().rstrip("=")
        if key.isalnum():
            return key
