"""Realtime: what changes in the database appears on the screens of everybody whom it concerns.

One feed of changes a process (`feed`) goes to the hall (`hall`), which knows who listens and to what. Each socket has a
listener (`listener`), a bounded line of frames: whoever reads too slowly is told to load again rather than remembered
without end. A watched conversation (`watch`) is followed without a gap: live entries are held while the backlog is
read.
"""
