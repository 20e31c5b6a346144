"""What administrators do with accounts on platforms: QR codes, the menu, tags, templates. See `scrm.ports.accounts`."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeVar

from msgspec.structs import replace

from scrm.clock import Clock
from scrm.errors import Conflict, Duplicate, Invalid, NotFound, PlatformRefused, SendError, SendErrorCode
from scrm.flow import window
from scrm.flow.adapters import Adapters
from scrm.flow.reply import REFUSED, Replies
from scrm.flow.templates import candidates, checked, obstacle, use_of, worded
from scrm.ids import ChannelId, ConversationId, IdFactory, LabelId, QrCodeId, TeamId
from scrm.model.account import (
    AccountMenu,
    MenuAction,
    MenuButton,
    MessageTemplate,
    QrCode,
    TagLinks,
    TemplateKind,
    template_key,
)
from scrm.model.message import Author, Message
from scrm.model.people import Label
from scrm.model.work import OutboxEntry
from scrm.ports.abilities import EditsMenu, MakesQrCodes, PlatformTag, SendsTemplates, TagsContacts
from scrm.ports.accounts import Offer
from scrm.ports.channel import ChannelAdapter
from scrm.ports.stores import Stores

T = TypeVar("T")

MAX_ANSWER = 600
NOTHING = "The channel's platform has nothing of the kind."
NEW_LABEL_COLOR = "#64748b"


class AccountDesk:
    def __init__(
        self,
        stores: Stores,
        adapters: Adapters,
        replies: Replies,
        clock: Clock,
        ids: IdFactory,
        queued: Callable[[OutboxEntry | None], None],
    ) -> None:
        """queued: told of what is to be sent once it is stored."""
        self._stores = stores
        self._accounts = stores.accounts
        self._adapters = adapters
        self._replies = replies
        self._clock = clock
        self._ids = ids
        self._queued = queued

    # QR codes

    async def make_qr_code(
        self,
        channel_id: ChannelId,
        *,
        name: str,
        scene: str,
        lasts: timedelta | None,
        team_id: TeamId | None,
        label_ids: Sequence[LabelId],
    ) -> QrCode:
        adapter = await self._codes(channel_id)
        problem = adapter.qr_problem(scene, lasts)
        if problem:
            raise Invalid(problem, errors={"scene": problem})
        await self._check_gifts(team_id, label_ids)
        if await self._accounts.qr_by_scene(channel_id, scene) is not None:
            raise Conflict("Another code of this channel has the same scene.")
        made = await _asked(adapter.make_qr_code(scene, lasts))
        picture = await _asked(adapter.qr_picture(made.ticket))
        code_id = self._ids()
        code = QrCode(
            id=QrCodeId(code_id),
            channel_id=channel_id,
            name=name,
            scene=scene,
            team_id=team_id,
            label_ids=tuple(dict.fromkeys(label_ids)),
            ticket=made.ticket,
            url=made.url,
            picture_id=f"qr-{code_id}",
            created_at=self._clock.now(),
            expires_at=made.expires_at,
        )
        await self._stores.blobs.put(code.picture_id, picture.data, picture.media_type, None)
        try:
            await self._accounts.add_qr(code)
        except Duplicate:
            raise Conflict("Another code of this channel has the same scene.") from None
        return code

    async def change_qr_code(
        self, qr_id: QrCodeId, *, name: str, team_id: TeamId | None, label_ids: Sequence[LabelId]
    ) -> QrCode:
        await self._check_gifts(team_id, label_ids)

        async def work() -> QrCode:
            code = await self._accounts.qr_code(qr_id)
            if code is None:
                raise NotFound("there is no such QR code")
            changed = replace(code, name=name, team_id=team_id, label_ids=tuple(dict.fromkeys(label_ids)))
            await self._accounts.save_qr(changed)
            return changed

        return await self._stores.transaction(work)

    async def _check_gifts(self, team_id: TeamId | None, label_ids: Sequence[LabelId]) -> None:
        if team_id is not None and all(team.id != team_id for team in await self._stores.teams.all()):
            raise Invalid("There is no such team.", errors={"team_id": "is not a team"})
        if label_ids and not {label.id for label in await self._stores.labels.all()}.issuperset(label_ids):
            raise Invalid("There is no such label.", errors={"label_ids": "holds an unknown label"})

    # The menu

    async def menu(self, channel_id: ChannelId) -> AccountMenu:
        await self._menus(channel_id)
        found = await self._accounts.menu(channel_id)
        return found or AccountMenu(id=channel_id, saved_at=self._clock.now())

    async def save_menu(
        self, channel_id: ChannelId, *, buttons: Sequence[MenuButton], actions: Sequence[MenuAction]
    ) -> AccountMenu:
        adapter = await self._menus(channel_id)
        problems = dict(adapter.menu_problems(buttons)) if buttons else {}
        for action in actions:
            if len(action.answer) > MAX_ANSWER:
                problems[f"action:{action.key}"] = f"An answer has at most {MAX_ANSWER} characters."
        if problems:
            raise Invalid(next(iter(problems.values())), errors=problems)
        for action in actions:
            await self._check_gifts(action.team_id, ())
        before = await self._accounts.menu(channel_id)
        menu = AccountMenu(
            id=channel_id,
            buttons=tuple(buttons),
            actions=tuple(actions),
            saved_at=self._clock.now(),
            published_at=before.published_at if before and before.buttons == tuple(buttons) else None,
        )
        await self._accounts.save_menu(menu)
        return menu

    async def fetch_menu(self, channel_id: ChannelId) -> tuple[MenuButton, ...]:
        adapter = await self._menus(channel_id)
        return tuple(await _asked(adapter.fetch_menu()))

    async def publish_menu(self, channel_id: ChannelId) -> AccountMenu:
        adapter = await self._menus(channel_id)
        menu = await self.menu(channel_id)
        problems = dict(adapter.menu_problems(menu.buttons))
        if problems:
            raise Invalid(next(iter(problems.values())), errors=problems)
        await _asked(adapter.publish_menu(menu.buttons))
        return await self._published(channel_id, menu, published=True)

    async def delete_menu(self, channel_id: ChannelId) -> AccountMenu:
        adapter = await self._menus(channel_id)
        menu = await self.menu(channel_id)
        await _asked(adapter.delete_menu())
        return await self._published(channel_id, menu, published=False)

    async def _published(self, channel_id: ChannelId, menu: AccountMenu, *, published: bool) -> AccountMenu:
        """Whoever saved another menu meanwhile has one that is not published."""

        async def work() -> AccountMenu:
            now = await self._accounts.menu(channel_id) or menu
            at = self._clock.now() if published and now.buttons == menu.buttons else None
            changed = replace(now, published_at=at)
            await self._accounts.save_menu(changed)
            return changed

        return await self._stores.transaction(work)

    # Tags

    async def tags(self, channel_id: ChannelId) -> tuple[TagLinks, tuple[PlatformTag, ...]]:
        adapter = await self._tagging(channel_id)
        return await self._links(channel_id), tuple(await _asked(adapter.tags()))

    async def link_label(self, channel_id: ChannelId, label_id: LabelId) -> TagLinks:
        adapter = await self._tagging(channel_id)
        label = next((label for label in await self._stores.labels.all() if label.id == label_id), None)
        if label is None:
            raise NotFound("there is no such label")
        tag = next((tag for tag in await _asked(adapter.tags()) if tag.name == label.name), None)
        if tag is None:
            tag = await _asked(adapter.create_tag(label.name))
        return await self._linked(channel_id, label_id, tag.id)

    async def unlink_label(self, channel_id: ChannelId, label_id: LabelId) -> TagLinks:
        return await self._linked(channel_id, label_id, None)

    async def import_tag(self, channel_id: ChannelId, tag_id: str) -> TagLinks:
        adapter = await self._tagging(channel_id)
        tag = next((tag for tag in await _asked(adapter.tags()) if tag.id == tag_id), None)
        if tag is None:
            raise NotFound("the platform has no such tag")
        label = next((label for label in await self._stores.labels.all() if label.name == tag.name), None)
        if label is None:
            label = Label(id=LabelId(self._ids()), name=tag.name, color=NEW_LABEL_COLOR)
            await self._stores.labels.save(label)
        return await self._linked(channel_id, label.id, tag.id)

    async def _linked(self, channel_id: ChannelId, label_id: LabelId, tag_id: str | None) -> TagLinks:
        async def work() -> TagLinks:
            before = (await self._links(channel_id)).links
            links = {label: tag for label, tag in before.items() if label != label_id and tag != tag_id}
            changed = TagLinks(id=channel_id, links=links | ({label_id: tag_id} if tag_id else {}))
            await self._accounts.save_tag_links(changed)
            return changed

        return await self._stores.transaction(work)

    async def _links(self, channel_id: ChannelId) -> TagLinks:
        return await self._accounts.tag_links(channel_id) or TagLinks(id=channel_id)

    # Templates

    async def fetch_templates(self, channel_id: ChannelId) -> list[MessageTemplate]:
        adapter = await self._templating(channel_id)
        found = {template.template_id: template for template in await _asked(adapter.templates())}
        now = self._clock.now()
        known = {template.template_id: template for template in await self._accounts.templates(channel_id)}
        saved = [replace(gone, gone=True) for gone in known.values() if gone.template_id not in found]
        for template_id, there in found.items():
            here = known.get(template_id)
            saved.append(
                MessageTemplate(
                    id=template_key(channel_id, template_id),
                    channel_id=channel_id,
                    template_id=template_id,
                    kind=there.kind,
                    title=there.title,
                    body=there.body,
                    example=there.example,
                    fields=there.fields,
                    lasting=there.lasting,
                    titled=there.titled,
                    mapping=here.mapping if here else {},
                    url=here.url if here else "",
                    enabled=here.enabled if here else False,
                    automatic=here is not None and here.automatic and not obstacle(there.fields, here.mapping),
                    updated_at=now,
                )
            )
        await self._accounts.save_templates(saved)
        return await self._accounts.templates(channel_id)

    async def change_template(
        self,
        channel_id: ChannelId,
        template_id: str,
        *,
        enabled: bool,
        mapping: dict[str, str],
        url: str,
        automatic: bool = False,
    ) -> MessageTemplate:
        template = await self._template(channel_id, template_id)
        names = {field.name for field in template.fields}
        if not names.issuperset(mapping):
            raise Invalid("The template has no such field.", errors={"mapping": "holds an unknown field"})
        if url and not url.startswith(("https://", "http://")):
            raise Invalid("The address begins with https:// or http://.", errors={"url": "is no address"})
        if automatic and not enabled:
            raise Invalid("A template that is not in use does not go by itself.", errors={"automatic": "is not in use"})
        if automatic and (problem := obstacle(template.fields, mapping)):
            raise Invalid(problem, errors={"automatic": problem})

        async def work() -> MessageTemplate:
            changed = replace(
                await self._template(channel_id, template_id),
                enabled=enabled,
                mapping=mapping,
                url=url,
                automatic=automatic,
                updated_at=self._clock.now(),
            )
            # One of a kind at most: who switches one on means this one, and no other any more.
            others = await self._accounts.templates(channel_id) if automatic else []
            until_now = [
                replace(each, automatic=False)
                for each in others
                if each.automatic and each.kind is changed.kind and each.template_id != template_id
            ]
            await self._accounts.save_templates([*until_now, changed])
            return changed

        return await self._stores.transaction(work)

    async def offers(self, conversation_id: ConversationId) -> list[Offer]:
        conversation = await self._stores.conversations.get(conversation_id)
        if conversation is None:
            raise NotFound("there is no such conversation")
        if window.refusal(conversation.window, 1, self._clock.now()) is None:
            return []
        contact = await self._stores.contacts.get(conversation.contact_id)
        found: list[Offer] = []
        templates = await self._accounts.templates(conversation.channel_id)
        by_itself = candidates(conversation, contact, templates)[:1]
        for template in templates:
            if template.enabled and not template.gone:
                refusal = window.notice_refusal(conversation.window, use_of(template, {}))
                if contact is not None and contact.subscribed is False:
                    refusal = SendErrorCode.BLOCKED_BY_CONTACT
                subscribes = template.kind is TemplateKind.SUBSCRIBE
                left = window.consents_left(conversation.window, template.template_id) if subscribes else None
                found.append(
                    Offer(template=template, left=left, refusal=str(refusal or ""), automatic=template in by_itself)
                )
        return found

    async def notify(
        self,
        conversation_id: ConversationId,
        *,
        author: Author,
        client_id: str,
        template_id: str,
        fields: dict[str, str],
    ) -> tuple[Message, bool]:
        conversation = await self._stores.conversations.get(conversation_id)
        if conversation is None:
            raise NotFound("there is no such conversation")
        first = await self._stores.messages.by_client_id(conversation_id, client_id)
        if first is not None:
            return first, False
        template = await self._template(conversation.channel_id, template_id)
        if not template.enabled or template.gone:
            raise Invalid("This template is not in use.", errors={"template_id": "is not in use"})
        if window.refusal(conversation.window, 1, self._clock.now()) is None:
            raise Conflict("The reply window is open: an ordinary reply reaches the customer.")
        contact = await self._stores.contacts.get(conversation.contact_id)
        if contact is not None and contact.subscribed is False:
            raise Conflict("The customer does not follow the account any more.")
        use = use_of(template, checked(template, fields))
        message, entry = await self._replies.reply(
            conversation_id,
            author=author,
            content=worded(template, use.fields),
            client_id=client_id,
            attachments=(),
            template=use,
        )
        self._queued(entry)
        return message, entry is not None

    async def _template(self, channel_id: ChannelId, template_id: str) -> MessageTemplate:
        template = await self._accounts.template(channel_id, template_id)
        if template is None:
            raise NotFound("there is no such template")
        return template

    async def _adapter(self, channel_id: ChannelId) -> ChannelAdapter:
        return (await self._adapters.get(channel_id)).adapter

    async def _codes(self, channel_id: ChannelId) -> MakesQrCodes:
        if not isinstance(adapter := await self._adapter(channel_id), MakesQrCodes):
            raise Conflict(NOTHING)
        return adapter

    async def _menus(self, channel_id: ChannelId) -> EditsMenu:
        if not isinstance(adapter := await self._adapter(channel_id), EditsMenu):
            raise Conflict(NOTHING)
        return adapter

    async def _tagging(self, channel_id: ChannelId) -> TagsContacts:
        if not isinstance(adapter := await self._adapter(channel_id), TagsContacts):
            raise Conflict(NOTHING)
        return adapter

    async def _templating(self, channel_id: ChannelId) -> SendsTemplates:
        if not isinstance(adapter := await self._adapter(channel_id), SendsTemplates):
            raise Conflict(NOTHING)
        return adapter


async def _asked(call: Awaitable[T]) -> T:
    try:
        return await call
    except SendError as error:
        detail = " ".join(filter(None, (str(error), error.detail)))
        raise PlatformRefused(error.code, REFUSED.get(error.code) or f"The platform said: {detail}") from error
