"""`python -m demo`: the demonstration."""

import sys

from demo.walkthrough import main

if __name__ == "__main__":
    sys.exit(main())
