"""One folder a channel type. The list is explicit: nothing registers itself by being imported."""
