"""A social CRM hub: customers write from anywhere, every message lands once on one timeline, agents answer."""

__version__ = "0.1.0"
