"""What happened: every kind of fact, frozen and past tense, by topic."""
