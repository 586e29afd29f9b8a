"""The recorded session that ships with the package: an incident of the demo, up to its rollback."""

import os
from pathlib import Path

from mmcockpit.journal.files import open_new, private_folder

SHIPPED = Path(__file__).parents[1] / "samples" / "incident.jsonl.zst"


def unpacked(path: Path) -> Path:
    """Return `path`, made the shipped session if it is not that already: a journal of this user's own, mode 0600.

    Raises SessionError where the folder is open to everybody, OSError otherwise.
    """
    # Imported here: no other session needs it to be found.
    import zstandard

    content = zstandard.ZstdDecompressor().decompress(SHIPPED.read_bytes())
    if not (path.is_file() and path.read_bytes() == content):
        private_folder(path.parent)
        made = path.with_name(f"{path.name}.{os.getpid()}")
        made.unlink(missing_ok=True)
        with os.fdopen(open_new(made), "wb") as file:
            file.write(content)
        made.replace(path)
    return path
