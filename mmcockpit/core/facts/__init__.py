"""Every kind of fact, by topic: frozen, past tense."""
