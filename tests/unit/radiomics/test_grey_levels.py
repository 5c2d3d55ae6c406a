"""The check of grey levels: before anything is measured, with a bin width that would do."""

import pandas as pd
import pytest
from radproof.errors import BadInput
from radproof.radiomics.grey_levels import check_levels, level_row, summarise

LIMITS = {"minimum": 16, "maximum": 130, "share": 0.25}


def counts(levels: list[int], name: str = "original") -> pd.DataFrame:
    rows = [level_row(count, 0.0, 6.4) for count in levels]
    return pd.DataFrame(rows).assign(sequence="T1w", filter=name)


def test_levels_at_the_limits_pass() -> None:
    table = summarise(counts([16, 130, 60]), LIMITS)
    assert table.loc[0, "n_outside"] == 0
    check_levels(table, LIMITS)


def test_a_share_of_masks_may_be_outside() -> None:
    check_levels(summarise(counts([15, 60, 60, 60]), LIMITS), LIMITS)
    with pytest.raises(BadInput, match="2 of 4 masks outside 16 to 130"):
        check_levels(summarise(counts([15, 131, 60, 60]), LIMITS), LIMITS)


def test_every_filter_outside_is_named_with_a_width_that_would_do() -> None:
    both = pd.concat([counts([3, 4, 5]), counts([200, 300], "wavelet-HHH"), counts([64], "square")])
    with pytest.raises(BadInput) as caught:
        check_levels(summarise(both, LIMITS), LIMITS)
    messages = [str(problem) for problem in caught.value.problems]
    assert len(messages) == 2
    assert "T1w, original" in messages[0]
    assert "a binWidth of 0.1 would give about 64" in messages[0]
    assert "T1w, wavelet-HHH" in messages[1]


def test_the_plan_may_widen_the_limits() -> None:
    wide = {"minimum": 2, "maximum": 1000, "share": 0.0}
    check_levels(summarise(counts([3, 300]), wide), wide)
