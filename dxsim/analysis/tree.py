"""A classification tree (CART) as a cross-check of scenario discovery; needs scikit-learn, ``dxsim[validate]``.

PRIM looks for one box, a tree parts all futures at once. Where both name the same inputs and limits, the finding does
not hang on the method. Source: Breiman et al. (1984); Lempert et al. (2008) for the comparison of the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dxsim.analysis.prim import FREE, SMALLEST, Box, Inputs, Limit
from dxsim.analysis.rivals import is_available
from dxsim.errors import InputError, Problem
from dxsim.language import say

if TYPE_CHECKING:
    from dxsim.analysis.discovery import Discovery

MOST_LEAVES = 8


@dataclass(frozen=True)
class Tree:
    """What a tree makes of the futures of a discovery.

    Attributes
    ----------
    boxes : sequence of Box
        Its leaves in which most futures are of interest, neighbours together, the largest first.
    coverage, density : float
        Of these together; nan density without one.
    agreement : float
        Share of the futures that lie both in the chosen box and in these leaves, or in neither.
    """

    boxes: tuple[Box, ...]
    coverage: float
    density: float
    agreement: float


def check_tree() -> None:
    """Refuse to go on without scikit-learn.

    Raises
    ------
    InputError
        With the way out.
    """
    if not is_available():
        what = say("a tree needs scikit-learn: pip install 'dxsim[validate]'")
        raise InputError(say("discovery"), [Problem("", what)])


def grow(found: Discovery) -> Tree:
    """Return the tree of the futures of a discovery, with at most `MOST_LEAVES` leaves of 5 % of them each."""
    from sklearn.tree import DecisionTreeClassifier

    inputs, y = found.columns, found.of_interest
    names, table = _features(inputs)
    least = max(1, round(SMALLEST * y.size))
    model = DecisionTreeClassifier(min_samples_leaf=least, max_leaf_nodes=MOST_LEAVES, random_state=1).fit(table, y)
    boxes = [inputs.box(limits) for limits in _leaves(model.tree_, inputs, names, 0, {})]
    of_interest = sorted(boxes, key=lambda box: -int(box.inside.sum()))
    inside = np.logical_or.reduce([box.inside for box in of_interest]) if of_interest else np.zeros(y.size, bool)
    return Tree(
        boxes=tuple(of_interest),
        coverage=float((inside & y).sum() / y.sum()),
        density=float(y[inside].mean()) if inside.any() else np.nan,
        agreement=float((inside == found.boxes[found.chosen].inside).mean()),
    )


def _features(inputs: Inputs) -> tuple[list[tuple[str, int | None]], npt.NDArray[np.float64]]:
    """Return the columns of a tree, a categorical input as one for each of its codes."""
    names: list[tuple[str, int | None]] = []
    columns = []
    for name, column in inputs.columns.items():
        for code in range(inputs.categories[name]) if name in inputs.categories else (None,):
            names.append((name, code))
            columns.append(column if code is None else (column == code).astype(np.float64))
    return names, np.array(columns).T


def _answers(tree: Any, node: int) -> set[bool]:  # noqa: ANN401 - of scikit-learn
    """Return whether most futures are of interest in the leaves below a node."""
    left, right = tree.children_left[node], tree.children_right[node]
    if left == right:
        others, of_interest = tree.value[node][0]
        return {bool(of_interest > others)}
    return _answers(tree, left) | _answers(tree, right)


def _leaves(
    tree: Any,  # noqa: ANN401 - of scikit-learn
    inputs: Inputs,
    names: list[tuple[str, int | None]],
    node: int,
    limits: dict[str, Limit],
) -> Iterator[dict[str, Limit]]:
    """Yield the limits of each leaf of interest below a node; where all of them are, those of the node."""
    answers = _answers(tree, node)
    if answers == {True}:
        yield limits
    if len(answers) == 1:
        return
    name, code = names[tree.feature[node]]
    where = float(tree.threshold[node])
    for child, is_left in ((tree.children_left[node], True), (tree.children_right[node], False)):
        limit = limits.get(name, frozenset(range(inputs.categories[name])) if code is not None else FREE)
        if isinstance(limit, frozenset):
            inside = limit - {code} if is_left else limit & {code}
            yield from _leaves(tree, inputs, names, child, {**limits, name: frozenset(inside)})
        else:
            ends = (limit[0], min(limit[1], where)) if is_left else (max(limit[0], where), limit[1])
            yield from _leaves(tree, inputs, names, child, {**limits, name: ends})
