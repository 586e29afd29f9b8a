"""How other people join a session, as written in a cockpit file."""

from mmcockpit.config.models.cockpit import ShareEntry
from mmcockpit.core.model.cockpit import Share


def shared(entry: ShareEntry | None) -> Share | None:
    """Return the value of `share:`; None without it."""
    if entry is None:
        return None
    postgres = entry.postgres.model_dump(exclude_none=True) if entry.postgres else {}
    return Share(entry.group, entry.socket_dir, postgres)
