"""What follows an alert: people are told, an incident is worked on, reports leave by themselves.

`destinations`, `letter`, `robots`, `sentence`, `telling`, `claims`, `recovery`, `story`, `periods`: pure. `senders`,
`phrasing`: requests to elsewhere. `pushes`: the loop that sends. `watch`: the loop that tells. `incidents`, `replying`:
the incident room. `reports`: what leaves by the calendar.
"""
