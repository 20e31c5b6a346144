"""The customers: names, places, handles, and what the company knows of them. Nobody of these exists."""

import base64
from random import Random

from scrm.demo import data
from scrm.demo.chance import chance
from scrm.model.base import Record

# Mobile numbers begin with 13 to 19; 12 has never been given out, so these reach nobody.
FICTIONAL_PHONE = "120{:08d}"


class Person(Record, kw_only=True):
    """handles: by number of the channel, what the platform calls the person there. sir: how agents address them."""

    number: int
    name: str
    sir: str
    language: str
    city: str
    phone: str | None
    email: str | None
    company: str | None
    remark: str
    vip: bool
    tier: str
    spent: int
    orders: int
    satisfaction: str | None
    scene: str | None
    handles: dict[int, str]
    weight: float


def people(seed: int, count: int) -> list[Person]:
    """The same people for the same seed, however many are asked for."""
    return [_person(chance(seed, "person", number), seed, number) for number in range(count)]


def handle(seed: int, number: int, channel: int) -> str:
    """An openid as WeChat forms them: 28 characters of which the first is `o`."""
    return "o" + token(chance(seed, "handle", number, channel), 27)


def token(random: Random, length: int) -> str:
    return base64.urlsafe_b64encode(random.randbytes(length)).decode()[:length]


def phone(random: Random) -> str:
    return FICTIONAL_PHONE.format(random.randrange(10**8))


def _person(random: Random, seed: int, number: int) -> Person:
    language = random.choices(("zh", "en", "zh-Hant"), (90, 5, 5))[0]
    name, sir = _name(random, language)
    tier = random.choices(range(4), (60, 22, 13, 5))[0]
    orders = random.randint(1, 4) + tier * random.randint(2, 6)
    share = data.company().channel
    home = random.choices(range(len(share)), [channel.share for channel in share])[0]
    channels = {home} | ({random.randrange(len(share))} if random.random() < 0.2 else set())
    known = random.random()
    names = data.names()
    return Person(
        number=number,
        name=name,
        sir=sir,
        language=language,
        city=random.choice({"en": names.abroad, "zh-Hant": names.traditional_cities}.get(language, names.cities)),
        phone=phone(random) if known < 0.7 and language == "zh" else None,
        email=f"user{number + 100}@example.{'com' if language == 'en' else 'cn'}" if known < 0.4 else None,
        company=random.choice(names.companies) if random.random() < 0.12 else None,
        remark=random.choice(names.remarks) if random.random() < 0.2 else "",
        vip=tier >= 2 and random.random() < 0.7,
        tier=names.tiers[tier],
        spent=orders * random.randint(129, 899),
        orders=orders,
        satisfaction=f"{random.choice((3.2, 3.9, 4.2, 4.5, 4.6, 4.8, 4.9, 5.0)):.1f}"
        if random.random() < 0.7
        else None,
        scene=random.choice(data.company().scene).key if random.random() < 0.45 else None,
        handles={channel: handle(seed, number, channel) for channel in sorted(channels)},
        weight=random.choice((0.5, 1.0, 1.0, 1.5, 2.5)),
    )


def _name(random: Random, language: str) -> tuple[str, str]:
    names = data.names()
    if language == "en":
        name = random.choice(names.english)
        return name, name.split()[0]
    if language == "zh-Hant":
        name = random.choice(names.traditional)
        return name, name[0] + random.choice(("先生", "小姐"))
    if random.random() < 0.25:
        return random.choice(names.nicknames), "亲，"
    surname = random.choice(names.surnames)
    return surname + random.choice(names.given), surname + random.choice(("先生", "女士"))
