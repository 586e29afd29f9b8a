"""Flagger: Canaries, which it promotes or rolls back by itself."""
