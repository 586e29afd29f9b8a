"""What is copied: to the terminal's clipboard, and to a file for terminals that ignore that."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmcockpit.ui.app import Cockpit


def copy_text(app: "Cockpit", text: str) -> str:
    """Copy a text and return what became of it."""
    app.copy_to_clipboard(text)
    if app.copy_file is None:
        return "copied"
    try:
        app.copy_file.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        return f"copied to the terminal only; {app.copy_file}: {error.strerror}"
    return f"copied, also to {app.copy_file}"
