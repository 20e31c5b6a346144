"""A visit becomes a conversation: its story is told, timed, read, and written down as `flow` would have. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from scrm.clock import to_milliseconds
from scrm.demo import media, timing
from scrm.demo.chance import chance
from scrm.demo.plan import Ending, Visit
from scrm.demo.rules import Rules
from scrm.demo.story import ME, lead, tell
from scrm.demo.thread import Thread, soon
from scrm.demo.timing import Moment
from scrm.demo.workspace import Workspace, id_maker
from scrm.errors import SendErrorCode
from scrm.ids import AttachmentId, ConversationId
from scrm.model.analysis import Analysis
from scrm.model.base import Record
from scrm.model.contact import Contact
from scrm.model.conversation import Conversation, ConversationStatus, ReplyWindow
from scrm.model.message import Attachment, AttachmentState, ContentType, MessageStatus, SendFailure
from scrm.model.people import Agent, Availability, Team

SILENT = frozenset({"image", "place", "share"})  # nothing of the customer's own to read in these
HANDED_UP = "品质与投诉"


class Told(Record, kw_only=True):
    """A conversation, ready to be stored but for its number. files: by attachment id."""

    conversation: Conversation
    thread: Thread
    files: Mapping[str, tuple[bytes, str, str]]


def moments_of(visit: Visit, now: datetime, zone: ZoneInfo, seed: int) -> list[Moment]:
    """What has happened in the visit up to now."""
    random = chance(seed, "visit", visit.number)
    turns = tell(visit.scenario, visit.person, random)
    if visit.ending is Ending.RESOLVED:
        found = timing.history(turns, visit.begins, zone, random)
    else:
        found = timing.still_open(turns, visit.ending, now - visit.quiet, random)
    cut = [Moment(turn=moment.turn, at=to_milliseconds(moment.at)) for moment in found]
    return [moment for moment in cut if moment.at <= now]


def texts_of(moments: Sequence[Moment]) -> list[str]:
    """What the analyser is to read, in order."""
    return [
        moment.turn.text for moment in moments if timing.is_customer(moment.turn) and moment.turn.code not in SILENT
    ]


def write(
    visit: Visit,
    moments: Sequence[Moment],
    readings: Sequence[Analysis | None],
    contact: Contact,
    workspace: Workspace,
    rules: Rules,
    *,
    followed: datetime | None,
    now: datetime,
    seed: int,
) -> Told:
    """readings: of `texts_of`, in order. followed: when the customer found the account, where this begins with it."""
    begins = followed or moments[0].at
    scribe = _Scribe(visit, contact, workspace, rules, now=now, seed=seed, begins=begins)
    if followed is not None:
        scribe.follow(followed)
    remaining = iter(readings)
    for place, moment in enumerate(moments):
        last = place + 1 == len(moments)
        if timing.is_customer(moment.turn):
            scribe.customer(moment, None if moment.turn.code in SILENT else next(remaining))
        else:
            scribe.agent(moment, last=last)
    return scribe.told(moments[-1].at)


class _Scribe:
    def __init__(
        self,
        visit: Visit,
        contact: Contact,
        workspace: Workspace,
        rules: Rules,
        *,
        now: datetime,
        seed: int,
        begins: datetime,
    ) -> None:
        self._visit, self._contact, self._workspace, self._now = visit, contact, workspace, now
        self._random = chance(seed, "written", visit.number)
        self._files: dict[str, tuple[bytes, str, str]] = {}
        self._agent: Agent | None = None
        make_id = self._make_id = id_maker(chance(seed, "ids", visit.number))
        rule = max(
            (rule for rule in rules.capabilities.reply_rules if rule.replies is not None),
            key=lambda rule: (rule.lasts, rule.trigger),
            default=None,
        )
        conversation = Conversation(
            id=ConversationId(make_id(begins)),
            number=0,
            contact_id=contact.id,
            channel_id=workspace.channels[visit.channel].id,
            window=ReplyWindow(unlimited=rule is None),
            handle=visit.person.handles[visit.channel],
            created_at=begins,
            last_activity_at=begins,
        )
        self.thread = Thread(conversation, rules, make_id, rule.trigger if rule else None)

    def follow(self, at: datetime) -> None:
        scene = self._visit.person.scene
        self.thread.happen(
            at,
            "follow",
            external_id=f"event:{self._random.getrandbits(64):016x}",
            details={"scene": scene} if scene else {},
        )

    def customer(self, moment: Moment, analysis: Analysis | None) -> None:
        kind, content, details, attachments = self._content(moment)
        self.thread.arrive(
            moment.at,
            kind,
            content,
            external_id=str(24 * 10**15 + self._random.randrange(10**15)),
            analysis=analysis,
            details=details,
            attachments=attachments,
        )
        held = self.thread.conversation
        if held.routed_at is None:
            self._route(soon(moment.at))

    def agent(self, moment: Moment, *, last: bool) -> None:
        turn, at = moment.turn, moment.at
        agent = self._agent or self._workspace.agents[0]
        client_id = self._make_id(at)
        if turn.code == "note":
            self.thread.note(at, agent, turn.text, client_id=client_id)
        elif turn.code == "pass":
            boss = next(agent for agent in self._workspace.agents if agent.name == lead())
            self.thread.hand_over(at, agent, self._team(turn.text), boss)
            self._agent = boss
        else:
            text = turn.text.replace(ME, agent.name)
            if turn.code == "link":
                text = f"{text}：https://youyu.example/help/{self._random.randrange(100, 999)}"
            status, failure = _send_outcome(self._visit.ending) if last else (MessageStatus.SENT, None)
            self.thread.reply(at, agent, text, client_id=client_id, status=status, failure=failure)

    def told(self, last: datetime) -> Told:
        agent = self._agent
        ending = self._visit.ending
        if agent is not None:
            labels = [label for label in self._workspace.labels if label.name in self._visit.scenario.labels]
            later = last + timedelta(seconds=self._random.uniform(5, 25))
            answered = self.thread.conversation.first_response_at is not None
            if labels and answered and self._random.random() < 0.7 and later < self._now:
                self.thread.label(to_milliseconds(later), agent, labels)
            self._end(last, agent, ending)
        return Told(conversation=self.thread.conversation, thread=self.thread, files=self._files)

    def _end(self, last: datetime, agent: Agent, ending: Ending) -> None:
        later = to_milliseconds(last + timedelta(minutes=self._random.uniform(2, 35)))
        if ending is Ending.RESOLVED and later < self._now and self.thread.conversation.first_response_at:
            self.thread.status(later, agent, ConversationStatus.RESOLVED)
            self._rate(later)
        elif ending is Ending.PENDING:
            self.thread.status(last + timedelta(seconds=30), agent, ConversationStatus.PENDING)
        elif ending is Ending.SNOOZED:
            until = to_milliseconds(self._now + timedelta(hours=self._random.choice((3, 18, 26))))
            self.thread.status(last + timedelta(seconds=45), agent, ConversationStatus.SNOOZED, until)

    def _rate(self, resolved: datetime) -> None:
        """Some say how content they are; who left in a bad mood seldom gives five."""
        at = to_milliseconds(resolved + timedelta(minutes=self._random.uniform(0.5, 9)))
        if self._random.random() < 0.35 and at < self._now:
            felt = self.thread.conversation.mood.score
            score = max(1, min(5, round(self._random.gauss(4.4 + 1.6 * min(0.0, felt), 0.8))))
            rated = f"rating:{self._random.getrandbits(64):016x}"
            self.thread.happen(at, "rating", external_id=rated, details={"score": str(score)})

    def _route(self, at: datetime) -> None:
        held = self.thread.conversation
        unassigned = self._visit.ending is Ending.UNASSIGNED
        claiming = [team for team in self._workspace.teams if held.category in team.categories]
        fallback = [team for team in self._workspace.teams if team.fallback]
        team = self._team(HANDED_UP) if unassigned else (claiming or fallback)[0]
        self._agent = None if unassigned else self._choose(team)
        reason = f"category:{held.category}" if claiming and not unassigned else "team:fallback"
        chosen = "least_loaded:1" if self._agent else "agent:none_available"
        self.thread.route(at, team, self._agent, vip=self._contact.vip, reasons=f"{reason} {chosen}")

    def _choose(self, team: Team) -> Agent:
        """History was answered by everybody; what is open now, by who is here."""
        members = [agent for agent in self._workspace.agents if team.id in agent.team_ids]
        here = [agent for agent in members if agent.availability is not Availability.OFFLINE]
        return self._random.choice(members if self._visit.ending is Ending.RESOLVED else here or members)

    def _team(self, name: str) -> Team:
        return next(team for team in self._workspace.teams if team.name == name)

    def _content(self, moment: Moment) -> tuple[ContentType, str, dict[str, str], tuple[Attachment, ...]]:
        turn = moment.turn
        if turn.code == "image":
            return ContentType.IMAGE, "", {}, (self._file(moment.at, "image/png", media.picture(self._random)),)
        if turn.code == "voice":
            seconds = round(min(4.0, 1 + len(turn.text) / 12), 1)
            sound = self._file(moment.at, "audio/wav", media.voice(self._random, seconds), duration=seconds)
            return ContentType.VOICE, turn.text, {}, (sound,)
        if turn.code == "place":
            north, east = self._random.uniform(23, 40), self._random.uniform(103, 121)
            details = {"latitude": f"{north:.6f}", "longitude": f"{east:.6f}", "scale": "16", "address": turn.text}
            return ContentType.LOCATION, turn.text, details, ()
        if turn.code == "share":
            url = f"https://youyu.example/item/{self._random.randrange(1000, 9999)}"
            details = {"url": url, "title": turn.text, "description": "柚屿生活 · 商品详情"}
            return ContentType.LINK, turn.text, details, ()
        return ContentType.TEXT, turn.text, {}, ()

    def _file(self, at: datetime, media_type: str, body: bytes, duration: float | None = None) -> Attachment:
        attachment_id = self._make_id(at)
        name = f"{attachment_id[-6:].lower()}.{media_type.rpartition('/')[2]}"
        self._files[attachment_id] = (body, media_type, name)
        picture = media_type.startswith("image/")
        return Attachment(
            id=AttachmentId(attachment_id),
            state=AttachmentState.STORED,
            media_type=media_type,
            file_name=name,
            size=len(body),
            duration=duration,
            width=media.WIDTH if picture else None,
            height=media.HEIGHT if picture else None,
        )


def _send_outcome(ending: Ending) -> tuple[MessageStatus, SendFailure | None]:
    if ending is Ending.FAILED:
        return MessageStatus.FAILED, SendFailure(code=SendErrorCode.CONTENT_REFUSED, platform_code="87014")
    if ending is Ending.UNKNOWN:
        return MessageStatus.UNKNOWN, SendFailure(code=SendErrorCode.TIMEOUT)
    return MessageStatus.SENT, None
