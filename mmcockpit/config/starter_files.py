"""The files that `mmcockpit init` writes: commented and valid without changes."""

from pathlib import Path

STARTER = ("cockpit.yaml", "checklist.yaml")


def starter() -> dict[str, str]:
    """Return the starter files: file name to text."""
    folder = Path(__file__).parent / "starter"
    return {name: (folder / name).read_text(encoding="utf-8") for name in STARTER}
