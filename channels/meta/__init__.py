"""What Meta's platforms share: the proof of a push, the question to an address, the Graph API and its errors."""
