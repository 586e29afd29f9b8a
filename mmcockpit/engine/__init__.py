"""The engine: polls signals, judges results, journals facts and sends them to the screen; own thread and event loop."""
