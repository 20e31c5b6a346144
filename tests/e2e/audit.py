"""What is wrong with a page: axe-core's findings at WCAG 2.2 AA, what it told the console, what sticks out of it."""

from playwright.async_api import ConsoleMessage, Page, Response, expect

from dashboards.webbuild import WEB

AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
FIND = """async (rules) => (await axe.run(document, { runOnly: rules, resultTypes: ["violations"] }))
  .violations.map((v) => `${v.id}: ${v.nodes.slice(0, 5).map((n) => n.html.slice(0, 160)).join(" | ")}`)"""
# What can be pushed aside as a whole, and words that nobody can read. A table or a strip of tabs may scroll by itself.
SPOILED = """() => {
  const wide = [...document.querySelectorAll("html, main, main .page, main .inner")]
    .filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => `wider than the screen: ${e.className || e.tagName}`)
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), raw = []
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent
    if (/\\bundefined\\b|\\bNaN\\b|\\[object /.test(text)) raw.push(`no word: ${text.slice(0, 60)}`)
  }
  return [...wide, ...raw]
}"""
GO = """async (path) => {
  await document.querySelector("#app").__vue_app__.config.globalProperties.$router.push(path)
}"""


class Audit:
    """What is wrong with the pages seen so far, by name. The page is to have `AXE` as an init script.

    refusing: how addresses end that may refuse what is asked: a form asks so whether what is typed can be read.
    """

    def __init__(self, page: Page, refusing: str = "?") -> None:
        self.page = page
        self._refusing = refusing
        self.found: dict[str, list[str]] = {}
        self._heard: list[str] = []
        page.on("console", self._hear)
        page.on("response", self._answered)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.location["url"].endswith(self._refusing):
            self._heard.append(f"console: {message.text}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and not response.url.endswith(self._refusing):
            self._heard.append(f"{response.status} {response.url}")

    async def go(self, path: str, ready: str) -> None:
        """Within the page as it is: what a link does, without loading the client anew."""
        await self.page.evaluate(GO, path)
        await self.page.locator(ready).first.wait_for()

    async def look(self, name: str) -> None:
        await expect(self.page.locator(".sk")).to_have_count(0)
        wrong: list[str] = await self.page.evaluate(FIND, RULES)
        self._note(name, wrong)

    async def look_dark(self, name: str) -> None:
        """In the dark only colours differ."""
        await self.page.evaluate("document.documentElement.classList.add('dark')")
        self._note(f"{name}, dark", await self.page.evaluate(FIND, {"type": "rule", "values": ["color-contrast"]}))
        await self.page.evaluate("document.documentElement.classList.remove('dark')")

    async def read(self, name: str) -> None:
        """Nothing sticks out, nothing is unreadable, and the page complained of nothing since the last time."""
        self._note(name, [*await self.page.evaluate(SPOILED), *self._heard])
        self._heard.clear()

    def _note(self, name: str, wrong: list[str]) -> None:
        if wrong:
            self.found[name] = [*self.found.get(name, []), *wrong]
