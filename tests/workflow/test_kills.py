"""Processes of a study are killed at random; it ends with the same bytes all the same.

RADPROOF_NIGHTLY=1 kills oftener; RADPROOF_KILL_SEED repeats the kills of a failure.
"""

import os
import random
from pathlib import Path

import pytest
from radproof.dossier.verification import verify_results

from tests.workflow.conftest import Project, make_project
from tests.workflow.kills import Disturbed, draw_kills
from tests.workflow.test_line import contents

pytestmark = pytest.mark.study

NIGHTLY = os.environ.get("RADPROOF_NIGHTLY") == "1"
COUNT, CORES = (20, 2) if NIGHTLY else (3, 1)


def records(project: Project) -> set[str]:
    return {path.parent.name + path.stem for path in project.results.glob("records/*/*.json")}


def test_same_bytes_in_another_folder_on_one_core_through_kills(
    small_study: Project, tmp_path: Path
) -> None:
    seed = int(os.environ.get("RADPROOF_KILL_SEED") or random.SystemRandom().randrange(10**6))
    rng = random.Random(seed)
    kills = draw_kills(rng, COUNT, len(records(small_study)) - 5)
    study = Disturbed(make_project(tmp_path / "elsewhere"), CORES, kills, rng)
    try:
        study.run()
        assert study.kills == []
        first, second = contents(small_study.results), contents(study.project.results)
        assert first.keys() == second.keys()
        assert [name for name in first if first[name] != second[name]] == []
        assert records(small_study) == records(study.project)
        assert verify_results(study.project.results).differences == []
    except BaseException:
        print(f"RADPROOF_KILL_SEED={seed} repeats these kills:", *study.told, sep="\n  ")
        raise
