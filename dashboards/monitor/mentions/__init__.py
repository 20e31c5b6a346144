"""What is said outside: read, taken in, fetched, watched.

`addresses`, `plain`, `moments`, `feeds`, `listed`, `rows`, `near`, `expression`, `band`, `spikes`, `portrait`: pure.
`intake`: drafts to stored mentions. `fetching`, `manners`, `sources`: other people's servers. `matching`, `watching`:
monitors over both streams, and their alerts. `service`: what the web room asks.
"""

from dashboards.monitor.mentions.room import MentionRoom

__all__ = ["MentionRoom"]
