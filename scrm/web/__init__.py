"""The hub's face to the network: webhooks, the HTTP API, realtime, the client's files.

`make_app(WebContext)` in `scrm.web.app` is the way in. Reaches the rest of the hub only through `scrm.ports`.
"""
