"""The screen: shows one session from a feed; imports only Textual and the core."""
