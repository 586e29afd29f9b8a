"""The engine: asks every signal, judges, journals, and hands the facts on; its own thread, its own loop."""
