"""`python -m mmcockpit`."""

from mmcockpit.cli import program

program()
