"""Hand-outs: a lesson or a comparison as one HTML file that plays on any machine, without Python, server or network."""

from dxsim.app.handouts.comparison import comparison_handout
from dxsim.app.handouts.lesson import lesson_handout

__all__ = ["comparison_handout", "lesson_handout"]
