"""How the pages of this folder are built: `make docs`."""

project = "mmcockpit"
extensions = ["myst_parser"]
exclude_patterns = ["_build"]
html_title = "mmcockpit"
html_theme = "alabaster"
myst_heading_anchors = 3
