"""What happens to a message, from a platform's webhook to the agent's answer back. See docs/architecture.md."""
