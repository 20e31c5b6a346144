"""A scenario told once: who says what, with names, numbers and places filled in. Pure; the same for the same draws."""

from random import Random

from scrm.demo import data
from scrm.demo.chance import chance
from scrm.demo.data import Code, Scenario
from scrm.demo.people import Person, phone
from scrm.demo.words import Words
from scrm.model.base import Record

# Stands for the name of the agent who will answer; known only when the reading has routed the story.
ME = "\ue000"
MAYBE = 0.5
# Everybody has habits; some show them in every other message.
HABITUAL, HABIT = 0.5, 0.35


class Turn(Record, kw_only=True):
    """One entry to come. text: what is said, a team's name (`pass`), or what a picture shows."""

    code: Code
    text: str


def tell(scenario: Scenario, person: Person, random: Random) -> tuple[Turn, ...]:
    words = Words(data.words(), random)
    slots = _slots(scenario, person, random, words)
    habit = _habit(person, words)
    turns: list[Turn] = []
    for line in scenario.lines:
        if line.maybe and random.random() >= MAYBE:
            continue
        text = words.write(line.text, slots)
        if line.code == "c" and text and text[-1].isalpha() and random.random() < HABIT:
            text += habit
        # A line may consist of choices that all came out empty.
        if text or line.code not in ("c", "a"):
            turns.append(Turn(code=line.code, text=text))
    return tuple(turns)


def _habit(person: Person, words: Words) -> str:
    """The ending this person likes; none in other tongues, where the list would look odd."""
    shows = person.language == "zh" and chance("habit", person.name, person.number).random() < HABITUAL
    return words.write("{habit}", {}) if shows else ""


def _slots(scenario: Scenario, person: Person, random: Random, words: Words) -> dict[str, str]:
    products = data.company().product
    wanted = [product for product in products if product.heats] if scenario.rising else products
    product, other = random.choice(wanted), random.choice(products)
    while other == product:
        other = random.choice(products)
    names = data.names()
    estate = random.choice(names.estates)
    slots = {
        "product": random.choice(product.call),
        "heated": random.choice(product.call),
        "installed": random.choice(("智能门锁", "门锁", "S1 门锁", "指纹锁")),
        "other": random.choice(other.call),
        "fault": random.choice(product.fault),
        "ask": random.choice(product.ask),
        "part": product.part,
        "amount": str(random.choice((product.price, product.price + other.price, max(99, product.price - 30)))),
        "coupon": str(random.choice((10, 15, 20, 30, 50, 60, 80, 100))),
        "count": str(random.choice((12, 20, 30, 45, 60, 80, 120))),
        "floor": str(random.randint(2, 28)),
        "n": str(random.randint(2, 20)),
        "order": f"SO2026{random.randint(101, 1130):04d}{random.randint(0, 9999):04d}",
        "waybill": f"FL{random.randint(10**11, 10**12 - 1)}",
        "ticket": f"W{random.randint(10000, 99999)}",
        "batch": random.choice(("2609B", "2609C", "2610A", "2610A", "2610A")),
        "serial": f"YY{random.randint(10**7, 10**8 - 1)}",
        "tax": f"91{random.randint(10**15, 10**16 - 1)}",
        "account": f"62{random.randint(10**14, 10**15 - 1)}",
        "city": person.city,
        "estate": estate,
        "address": f"{person.city}{random.choice(names.streets)} {random.randint(1, 399)} 号{estate}{{gate}}",
        "phone": person.phone or phone(random),
        "email": person.email or f"user{person.number + 100}@example.cn",
        "company": person.company or random.choice(names.companies),
        "surname": random.choice(names.surnames),
        "sir": person.sir,
        "me": ME,
        "lead": lead(),
        "abroad": person.city if person.language == "en" else random.choice(names.abroad),
        "hant_city": person.city if person.language == "zh-Hant" else random.choice(names.traditional_cities),
    }
    slots["address"] = words.write(slots["address"], slots)
    return slots | {name: words.write(f"{{{name}}}", slots) for name in ("item", "hant_item", "courier")}


def lead() -> str:
    """Who takes over where a story is handed up."""
    return next(agent.name for agent in data.company().agent if agent.role == "supervisor")
