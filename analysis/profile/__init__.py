"""A region's profile: one table measured in every way that the book uses, on a page of its own.

``chains profile`` makes it: a template notebook is executed with the table as its parameter, and its output becomes a
page that needs no other file. In a session of one's own::

    from analysis.profile import profile, show
    from analysis.tables import load

    jiangsu = profile(load("Jiangsu", 2017), load("China", 2017))
    jiangsu.linkages.head()
    show(jiangsu, "linkages")
"""

from __future__ import annotations

from analysis.profile.measure import Profile, profile
from analysis.profile.page import page, print_pdf, run_template, show

__all__ = ["Profile", "page", "print_pdf", "profile", "run_template", "show"]
