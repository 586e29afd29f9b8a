"""The recorded session that ships with the package: an incident of the demo, up to its rollback."""

from pathlib import Path

from mmcockpit.journal.atomic import replacing
from mmcockpit.journal.files import private_folder

SHIPPED = Path(__file__).parents[1] / "samples" / "incident.jsonl.zst"


def unpacked(path: Path) -> Path:
    """Return `path`, after unpacking the shipped session there unless it exists: this user's own file, mode 0600.

    Raises SessionError if every user may write to the folder, OSError otherwise.
    """
    # Imported here: only the sample session needs it.
    import zstandard

    content = zstandard.ZstdDecompressor().decompress(SHIPPED.read_bytes())
    if not (path.is_file() and path.read_bytes() == content):
        private_folder(path.parent)
        with replacing(path) as file:
            file.write(content)
    return path
