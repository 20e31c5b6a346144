"""QR codes and their scans, menus, tag links and message templates of accounts on platforms."""

from collections.abc import Sequence

from pymongo import UpdateOne

from scrm.clock import Clock
from scrm.ids import ChannelId, QrCodeId
from scrm.model.account import AccountMenu, MessageTemplate, QrCode, QrScan, ScanCounts, TagLinks, template_key
from scrm.ports.stores.queries import Page
from scrm.storage.codec import text
from scrm.storage.newest import newest_first
from scrm.storage.shelf import Database, Index, Shelf

QR_CODES = "qr_codes"
QR_SCANS = "qr_scans"
MENUS = "menus"
TAG_LINKS = "tag_links"
TEMPLATES = "message_templates"

INDEXES = (
    Index(collection=QR_CODES, name="scene", keys=(("channel_id", 1), ("scene", 1)), unique=True),
    Index(collection=QR_SCANS, name="code", keys=(("qr_id", 1), ("at", -1), ("_id", -1))),
    Index(collection=QR_SCANS, name="channel", keys=(("channel_id", 1), ("qr_id", 1))),
    Index(collection=TEMPLATES, name="channel", keys=(("channel_id", 1),)),
)


class MongoAccounts:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._codes = Shelf(database, QR_CODES, QrCode)
        self._scans = Shelf(database, QR_SCANS, QrScan)
        self._menus = Shelf(database, MENUS, AccountMenu)
        self._links = Shelf(database, TAG_LINKS, TagLinks)
        self._templates = Shelf(database, TEMPLATES, MessageTemplate)
        self._clock = clock

    async def qr_codes(self, channel_id: ChannelId) -> list[QrCode]:
        found = await self._codes.find({"channel_id": channel_id})
        return sorted(found, key=lambda code: (code.created_at, code.id), reverse=True)

    async def qr_code(self, qr_id: QrCodeId) -> QrCode | None:
        return await self._codes.get(qr_id)

    async def qr_by_scene(self, channel_id: ChannelId, scene: str) -> QrCode | None:
        return await self._codes.first({"channel_id": channel_id, "scene": text(scene)})

    async def add_qr(self, code: QrCode) -> None:
        await self._codes.insert(code)

    async def save_qr(self, code: QrCode) -> None:
        await self._codes.put(code)

    async def delete_qr(self, qr_id: QrCodeId) -> bool:
        return await self._codes.delete({"_id": qr_id})

    async def add_scan(self, scan: QrScan) -> None:
        # Not an insert: inside a transaction a duplicate would end it.
        document = self._scans.codec.encode(scan)
        scan_id = document.pop("_id")
        await self._scans.update_each([UpdateOne({"_id": scan_id}, {"$setOnInsert": document}, upsert=True)])

    async def scans(self, qr_id: QrCodeId, *, after: Page | None, limit: int) -> list[QrScan]:
        return await newest_first(
            self._scans, [{"qr_id": qr_id}], "at", now=self._clock.now(), after=after, limit=limit
        )

    async def scan_counts(self, channel_id: ChannelId) -> dict[QrCodeId, ScanCounts]:
        scans = await self._scans.group({"channel_id": channel_id}, "qr_id")
        followed = await self._scans.group({"channel_id": channel_id, "followed": True}, "qr_id")
        first = await self._scans.group({"channel_id": channel_id, "first": True}, "qr_id")
        return {
            QrCodeId(qr_id): ScanCounts(scans=count, followed=followed.get(qr_id, 0), first=first.get(qr_id, 0))
            for qr_id, count in scans.items()
        }

    async def menu(self, channel_id: ChannelId) -> AccountMenu | None:
        return await self._menus.get(channel_id)

    async def save_menu(self, menu: AccountMenu) -> None:
        await self._menus.put(menu)

    async def tag_links(self, channel_id: ChannelId) -> TagLinks | None:
        return await self._links.get(channel_id)

    async def save_tag_links(self, links: TagLinks) -> None:
        await self._links.put(links)

    async def templates(self, channel_id: ChannelId) -> list[MessageTemplate]:
        found = await self._templates.find({"channel_id": channel_id})
        return sorted(found, key=lambda template: (template.kind, template.title, template.id))

    async def template(self, channel_id: ChannelId, template_id: str) -> MessageTemplate | None:
        return await self._templates.get(text(template_key(channel_id, template_id)))

    async def save_templates(self, templates: Sequence[MessageTemplate]) -> None:
        for template in templates:
            await self._templates.put(template)
