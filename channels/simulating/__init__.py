"""What the simulators of all channel types share: their command, their scripts, and the small API that steers them."""
