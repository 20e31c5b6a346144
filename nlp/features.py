"""Character n-grams: what the linear models see of a text. Pure."""


def grams(text: str, longest: int = 3) -> set[str]:
    """Every run of 1 … `longest` characters of `text`, once. Blanks count as characters, ends are not marked."""
    found: set[str] = set(text)
    for size in range(2, longest + 1):
        found.update([text[place : place + size] for place in range(len(text) - size + 1)])
    return found
