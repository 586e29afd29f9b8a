"""`python -m mmcockpit`."""

import sys

from mmcockpit.cli import main

sys.exit(main())
