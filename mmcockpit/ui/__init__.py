"""The screen: a view of one session, fed by a feed; knows Textual and the core, and nothing else of ours."""
