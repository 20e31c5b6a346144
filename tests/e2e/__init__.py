"""An agent's work in a real browser, over the hub as a process and a simulated platform."""
