"""A vocabulary for scenarios on the real engine: a stack, its runs, and what AWS holds after them.

What AWS holds is asked of the sandbox by plain boto3, never of the product's own code.
"""

from __future__ import annotations
