"""The hub's own door for visitors of the company's sites: what the web chat widget talks to.

A visitor is known by a token the hub signed (`passes`), never by a cookie, and only from pages of the channel's own
list (`origins`). What a visitor does goes through `door` into the journal, like any platform's webhook, and is
answered once it is on disk. What happens afterwards comes from the one feed of changes a process has (`hall`), over a
WebSocket (`socket`) or a long poll (`http`), both of them a `stream`: entries after the place the page already has,
then live, without a gap and each once.
"""
