"""Where data sets lie: the machine's list and the command line together."""

import pytest
from radproof import datasets
from radproof.datasets import check_staged, machine_datasets, parse_datasets
from radproof.errors import BadInput


@pytest.fixture
def listed(tmp_path, monkeypatch):
    """A machine whose config.yaml knows two data sets."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.yaml").write_text("datasets: {sts: /data/sts, other: /data/o}\n")
    monkeypatch.setattr(datasets, "PROJECT", tmp_path)


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize("given", ["sts=/new", ["sts=/new"], {"sts": "/new"}])
def test_the_command_line_adds_to_the_list_of_the_machine(given):
    assert machine_datasets(given) == {"sts": "/new", "other": "/data/o"}


@pytest.mark.usefixtures("listed")
def test_nothing_given_leaves_the_list_of_the_machine():
    assert machine_datasets(None) == {"sts": "/data/sts", "other": "/data/o"}


def test_a_place_may_hold_blanks_when_given_alone():
    assert parse_datasets(["sts=/my data/sts"]) == {"sts": "/my data/sts"}


def test_a_place_without_a_name_is_refused():
    with pytest.raises(BadInput, match="/data/sts"):
        parse_datasets("/data/sts")


def test_staged_jobs_are_given_no_data_set_above_the_project():
    check_staged({"sts": "/data/sts", "here": "data/here"})
    with pytest.raises(BadInput, match="data set up lies above the folder of the project"):
        check_staged({"up": "../up"})
