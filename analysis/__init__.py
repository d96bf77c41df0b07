"""Input-output analysis of Shanghai's industrial chains."""

from __future__ import annotations
