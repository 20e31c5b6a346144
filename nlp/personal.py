"""Personal data in texts: where it stands, the text with it shortened, and the text without it. Pure; linear.

A number counts only with what makes it one: an ID card needs an existing region, a real date and, with 18 places, its
check digit (GB 11643-1999, ISO 7064 MOD 11-2); a bank card a known issuer's beginning and length and the Luhn check
(ISO/IEC 7812-1); a company's tax id its check character (GB 32100-2015). So an order number is seldom taken for
one of them. What no checksum protects (phones, passports, licence plates) needs its full form.
"""

import re
from collections.abc import Callable, Collection, Iterator
from datetime import date

from scrm.model.words import PersonalKind, PersonalSpan

LONGEST = 20_000
"""Characters that are looked through; no message is longer."""

# Full width digits, letters and signs as half width, one for one, so that places stay what they are.
_HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_HALF_LETTERS = {code: half for code, half in _HALF.items() if chr(half).isalnum()}
_WORTH = re.compile(r"[0-9@]")

# The first two places of an ID card's region (GB/T 2260): provinces, and what stands in for them abroad.
_REGIONS = frozenset(
    f"{area}{province}"
    for area, provinces in {1: 5, 2: 3, 3: 7, 4: 6, 6: 5}.items()
    for province in range(1, provinces + 1)
) | {"50", "51", "52", "53", "54", "71", "81", "82", "83"}
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_TAX_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
# Issuers by their first places, and the lengths of their cards: UnionPay, old ICBC, Visa, Mastercard, JCB, American
# Express, Diners Club, Discover.
_ISSUERS: tuple[tuple[re.Pattern[str], frozenset[int]], ...] = (
    (re.compile(r"62"), frozenset({16, 17, 18, 19})),
    (re.compile(r"9558"), frozenset({19})),
    (re.compile(r"4"), frozenset({16})),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), frozenset({16})),
    (re.compile(r"35"), frozenset({16})),
    (re.compile(r"3[47]"), frozenset({15})),
    (re.compile(r"30[0-5]|36|38"), frozenset({14})),
    (re.compile(r"6011|64[4-9]|65"), frozenset({16})),
)
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

# In this order: a stretch that one kind has claimed is no other's. Every repeat is bounded.
_RULES: tuple[tuple[PersonalKind, re.Pattern[str], Callable[[str], bool]], ...] = (
    (
        PersonalKind.EMAIL,
        re.compile(r"(?<![\w.+-])[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}", re.ASCII),
        lambda found: True,
    ),
    (
        PersonalKind.ID_CARD,
        re.compile(r"(?<![0-9A-Za-z])[1-8][0-9]{5}[ -]?[12][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{3}[0-9Xx](?![0-9A-Za-z])"),
        lambda found: _is_id18(found),
    ),
    (
        PersonalKind.TAX_ID,
        re.compile(r"(?<![0-9A-Za-z])[1-9A-HJ-NPQRTUWXY][0-9A-HJ-NPQRTUWXY][0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Za-z])"),
        lambda found: _is_tax_id(found),
    ),
    (
        PersonalKind.BANK_CARD,
        re.compile(r"(?<![0-9A-Za-z])[2-69][0-9]{3}(?:[ -]?[0-9]){10,15}(?![0-9A-Za-z])"),
        lambda found: _is_bank_card(found),
    ),
    (
        PersonalKind.ID_CARD,
        re.compile(r"(?<![0-9A-Za-z])[1-8][0-9]{14}(?![0-9A-Za-z])"),
        lambda found: found[:2] in _REGIONS and _is_date("19" + found[6:12]),
    ),
    (
        PersonalKind.MOBILE,
        re.compile(r"(?<![0-9])(?:(?:\+|00)?86[ -]{0,2}|0)?1[ -]?[3-9](?:[ -]?[0-9]){9}(?![0-9])"),
        lambda found: True,
    ),
    (
        PersonalKind.LANDLINE,
        re.compile(
            r"(?<![0-9])(?:\+86[ -]?)?\(?(?:(?:010|02[0-57-9])\)?[ -]?[2-9][0-9]{3}[ -]?[0-9]{4}"
            r"|0[3-9][0-9]{2}\)?[ -]?[2-9][0-9]{6,7})(?![0-9])"
        ),
        lambda found: True,
    ),
    (
        PersonalKind.PASSPORT,
        re.compile(r"(?<![0-9A-Za-z])(?:E[A-HJ-NP-Z0-9][0-9]{7}|G[0-9]{8}|(?:[DSP]|[DSP]E)[0-9]{7})(?![0-9A-Za-z])"),
        lambda found: True,
    ),
    (
        PersonalKind.LICENCE_PLATE,
        re.compile(
            rf"[{_PROVINCES}][A-HJ-NP-Z][·• -]?(?:[A-HJ-NP-Z0-9]{{5,6}}|[A-HJ-NP-Z0-9]{{4}}[挂学警港澳])(?![0-9A-Za-z])"
        ),
        lambda found: sum(char.isdigit() for char in found) >= 3,
    ),
)  # fmt: skip
# Characters kept at the front and at the end.
_KEPT: dict[PersonalKind, tuple[int, int]] = {
    PersonalKind.MOBILE: (3, 4),
    PersonalKind.LANDLINE: (3, 4),
    PersonalKind.ID_CARD: (3, 4),
    PersonalKind.BANK_CARD: (4, 4),
    PersonalKind.PASSPORT: (1, 2),
    PersonalKind.LICENCE_PLATE: (2, 2),
}
_COUNTRY = re.compile(r"(?:\+|00)86|86(?=1[3-9])")


def find(text: str) -> list[PersonalSpan]:
    """In the order of the text, none over another; tax ids among them."""
    seen = text[:LONGEST].translate(_HALF)
    if not _WORTH.search(seen):
        return []
    spans: list[PersonalSpan] = []
    for kind, pattern, confirmed in _RULES:
        claimed = seen
        for match in pattern.finditer(claimed):
            if confirmed(match[0]):
                spans.append(PersonalSpan(kind=kind, start=match.start(), end=match.end()))
                # Blanked with a letter, so that its neighbours do not become the edge of something else.
                seen = seen[: match.start()] + "z" * (match.end() - match.start()) + seen[match.end() :]
    return sorted(spans, key=lambda span: span.start)


def mask(text: str) -> str:
    """138****8000. A company's tax id is public and stays. Beyond `LONGEST` nothing is shown."""
    cut = text[:LONGEST]
    return _replaced(cut, lambda kind, found: None if kind is PersonalKind.TAX_ID else masked(kind, found))


def masked(kind: PersonalKind, found: str) -> str:
    if kind is PersonalKind.EMAIL:
        return f"{found[:1]}****{found[found.index('@') if '@' in found else found.index('＠') :]}"
    digits = "".join(char for char in found.translate(_HALF) if char.isalnum() or char == "+")
    country = _COUNTRY.match(digits) if kind in (PersonalKind.MOBILE, PersonalKind.LANDLINE) else None
    bare = digits[country.end() :] if country else digits
    head, tail = _KEPT[kind]
    bare = bare.removeprefix("0") if kind is PersonalKind.MOBILE else bare
    return f"{country[0] + ' ' if country else ''}{bare[:head]}****{bare[-tail:]}"


# What stands in the place of what belongs to another customer.
PLACEHOLDERS: dict[PersonalKind, str] = {
    PersonalKind.MOBILE: "⟨手机号⟩",
    PersonalKind.LANDLINE: "⟨电话⟩",
    PersonalKind.EMAIL: "⟨邮箱⟩",
    PersonalKind.ID_CARD: "⟨证件号⟩",
    PersonalKind.BANK_CARD: "⟨银行卡号⟩",
    PersonalKind.PASSPORT: "⟨证件号⟩",
    PersonalKind.LICENCE_PLATE: "⟨车牌号⟩",
    PersonalKind.TAX_ID: "⟨税号⟩",
}
NAME, TITLE, NUMBER, LINK, ADDRESS = "⟨姓名⟩", "⟨称呼⟩", "⟨单号⟩", "⟨链接⟩", "⟨地址⟩"
AMOUNT, APPOINTMENT = "⟨金额⟩", "⟨时间⟩"
_LINK = re.compile(r"(?:https?://|www\.)[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]{1,500}")
# Order, parcel and ticket numbers: at least six places with five digits; letters and hyphens allowed.
_LONG_NUMBER = re.compile(
    r"(?<![0-9A-Za-z])(?=[A-Za-z-]{0,6}[0-9])[0-9A-Za-z](?:[0-9A-Za-z]|-(?=[0-9A-Za-z])){5,40}(?![0-9A-Za-z])"
)
# Dates, and numbers companies are called at for nothing.
_PUBLIC = re.compile(
    r"(?:19|20)[0-9]{2}-[0-9]{1,2}-[0-9]{1,2}|[48]00-?[0-9]{3}-?[0-9]{4}|[48]00-?[0-9]{4}-?[0-9]{3}|95[0-9]{3}"
)
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖萧田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金"
    "贾韦夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺顾毛郝龚邵万覃武钱戴严莫孔向常汤"
)
_TITLE = re.compile(rf"[{_SURNAMES}](?=先生|女士|小姐|太太|阿姨|大哥|大姐|总(?![是算之共]))")
_ADDRESS = re.compile(
    r"[\u4e00-\u9fffA-Za-z0-9]{2,30}?(?:路|街|道|巷|弄|村|小区|花园|大厦|镇)[\u4e00-\u9fff]{0,10} ?[0-9]{1,5} ?"
    r"(?:号|栋|幢|弄|座|室|单元)(?:[\u4e00-\u9fff0-9A-Za-z-]{0,12} ?(?:室|层|楼|号|单元|座|栋|幢))?"
)
# Money that was reckoned for one customer. A price, a fee and 满99减10 are everybody's.
_RECKONED = "退款|退还|退回|退给|退您|补偿|赔偿|赔付|返还|返现|补差|差价|少退|多付|实付|实收|扣款|扣了|垫付"
_SUM = r"[0-9]{1,7}(?:\.[0-9]{1,2})?"
_REFUND = re.compile(
    rf"(?P<before>(?:{_RECKONED})[^0-9，。！？；\s]{{0,6}} ?[¥￥]?){_SUM}(?= ?(?:元|块))"
    rf"|{_SUM}(?= ?(?:元|块)[^，。！？；]{{0,12}}?(?:退回|退还|退款|退给|返还|原路|到账))"
)
# A day with a time of the day was agreed with one customer; from one to another, they are hours of business.
_DAY = (
    "今天|今晚|明天|明早|明晚|大?后天|(?:本|这|下)?(?:周|星期|礼拜)[一二三四五六日天]"
    "|[0-9]{1,2} ?月 ?[0-9]{1,2} ?[日号]|[0-9]{1,2} ?[日号]"
)
_AGREED = re.compile(
    rf"(?<![至到~-])(?<![0-9])(?:{_DAY}) ?(?:凌晨|早上|上午|中午|下午|傍晚|晚上)? ?(?:[0-9]{{1,2}} ?[:：] ?[0-9]{{2}}"
    r"|(?:[0-9]{1,2}|[一二三四五六七八九十]{1,3}) ?[点时](?:半|一刻|[0-9]{1,2}分)?)(?! ?[至到~-])"
)


def anonymous(text: str, names: Collection[str]) -> str:
    """The text with placeholders for whatever belongs to one customer. names: what the customer is called."""
    text = _LINK.sub(LINK, text[:LONGEST].translate(_HALF_LETTERS))
    text = _replaced(text, lambda kind, found: PLACEHOLDERS[kind])
    for name in sorted({name.strip() for name in names}, key=len, reverse=True):
        if len(name) >= 2:
            text = text.replace(name, NAME)
    text = _TITLE.sub(TITLE, text)
    text = _ADDRESS.sub(ADDRESS, text)
    text = _REFUND.sub(lambda match: (match["before"] or "") + AMOUNT, text)
    text = _AGREED.sub(APPOINTMENT, text)
    return _LONG_NUMBER.sub(lambda match: NUMBER if _is_long_number(match[0]) else match[0], text)


def _replaced(text: str, by: Callable[[PersonalKind, str], str | None]) -> str:
    return "".join(_pieces(text, by))


def _pieces(text: str, by: Callable[[PersonalKind, str], str | None]) -> Iterator[str]:
    end = 0
    for span in find(text):
        found = text[span.start : span.end]
        instead = by(span.kind, found)
        if instead is not None:
            yield text[end : span.start]
            yield instead
            end = span.end
    yield text[end:]


def _is_long_number(found: str) -> bool:
    return sum(char.isdigit() for char in found) >= 5 and not _PUBLIC.fullmatch(found)


def _is_id18(found: str) -> bool:
    places = found.replace(" ", "").replace("-", "").upper()
    if len(places) != 18 or places[:2] not in _REGIONS or not _is_date(places[6:14]):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, places, strict=False))
    return "10X98765432"[total % 11] == places[17]


def _is_date(places: str) -> bool:
    try:
        date(int(places[:4]), int(places[4:6]), int(places[6:8]))
    except ValueError:
        return False
    return places[:2] in ("18", "19", "20")


def _is_tax_id(found: str) -> bool:
    total = sum(_TAX_ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(found[:17]))
    return _TAX_ALPHABET[(31 - total % 31) % 31] == found[17]


def _is_bank_card(found: str) -> bool:
    digits = found.replace(" ", "").replace("-", "")
    if not any(begins.match(digits) and len(digits) in lengths for begins, lengths in _ISSUERS):
        return False
    total = 0
    for place, char in enumerate(reversed(digits)):
        value = int(char) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
