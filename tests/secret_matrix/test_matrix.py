from __future__ import annotations

import random
from pathlib import Path

from tests.secret_matrix.matrix import cases, leaks

SAMPLE = 100


def test_of_a_sample_of_the_matrix_no_secret_is_found(tmp_path: Path) -> None:
    sample = random.Random(20260101).sample(list(cases()), SAMPLE)

    assert [(case.name, where) for case in sample if (where := leaks(case, tmp_path))] == []
