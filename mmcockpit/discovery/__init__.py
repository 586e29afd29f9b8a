"""Discovery: finds what a service's systems have to watch, and writes commented cockpit files for it."""
