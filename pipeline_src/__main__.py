"""`python -m pipeline_src` is `autortnet`."""

import sys

from pipeline_src.cli.main import main

sys.exit(main())
