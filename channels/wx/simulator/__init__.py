"""What the simulators of both platforms share: misfortune, delivery, pushes, answers. It does not know the adapters."""
