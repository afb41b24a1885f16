"""Guided lessons: a story in steps, with a prediction that the model is then asked about."""

from dxsim.app.lessons.lesson import Arm, Figure, Lesson, Row
from dxsim.app.lessons.stories import LESSONS, lesson_named, options_of

__all__ = ["LESSONS", "Arm", "Figure", "Lesson", "Row", "lesson_named", "options_of"]
