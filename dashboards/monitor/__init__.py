"""What customers talk about, and when it bursts: terms counted by the hour, topics, alerts; each number opens its messages.

`phrases`, `bursts`, `groups`, `duplicates`, `portrait`, `lifecycle`: pure. `counting`: readings into volumes. `topics`:
boards and evidence. `watch`: the loop that one process at a time runs.
"""
