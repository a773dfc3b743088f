"""Every bad input of the corpus, judged by the oracle."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.nonsense import feeding
from tests.nonsense import oracle
from tests.nonsense import stage
from tests.nonsense.corpus import Case

CASES = feeding.cases()
#: How many a test feeds: pytest's own work per test costs more than most.
_BATCH = 20
BATCHES = [CASES[i : i + _BATCH] for i in range(0, len(CASES), _BATCH)]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stage")
    stage.build(folder)
    return folder


def test_corpus_is_large_and_without_repetition() -> None:
    assert len(CASES) >= 1000
    assert len({(case.noun, case.text) for case in CASES}) == len(CASES)


@pytest.mark.parametrize("batch", BATCHES, ids=lambda batch: str(batch[0]))
def test_inputs_written_by_hand(
    batch: list[Case], built: Path, tmp_path: Path
) -> None:
    wrong = []
    for number, case in enumerate(batch):
        folder = tmp_path / str(number)
        shutil.copytree(built, folder)
        wrong += [f"{case}: {one}" for one in judged(case, folder)]
        shutil.rmtree(folder)

    assert wrong == []


def judged(case: Case, folder: Path) -> list[str]:
    """Feed an input to its commands; return what is wrong with any."""
    found = []
    with stage.inside(folder):
        for number, (words, defaults) in enumerate(feeding.feed(case)):
            before = stage.snapshot(folder)
            done = stage.run(words, defaults)
            wrong = oracle.judge(done, before, stage.snapshot(folder))
            if number == 0 and done.code != case.code:
                wrong.append(f"exit code {done.code}, not {case.code}")
            if number == 0 and case.named not in done.error:
                wrong.append(f"{done.error!r} does not name {case.named!r}")
            found += [f"{words} {one}" for one in wrong]
    return found
