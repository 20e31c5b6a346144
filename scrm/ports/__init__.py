"""Where rooms meet: protocols, and the values that cross them. Nothing here does anything.

`channel`: what a channel type offers. `stores`: what storage offers. `services`: the rest.
"""
