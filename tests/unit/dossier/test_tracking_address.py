"""Where runs are logged: wrong addresses are refused early, and no password is shown."""

import pytest
from radproof.dossier.tracking_address import checked_address, without_password
from radproof.errors import BadInput


@pytest.mark.parametrize("nothing", ["", None, "  "])
def test_no_address_is_a_store_inside_the_dossier(nothing) -> None:
    assert checked_address(nothing) == ""


@pytest.mark.parametrize(
    "address",
    [
        *("http://127.0.0.1:5000", "https://mlflow.example.org/runs/", "http://[::1]:5000"),
        "https://ann:s%2Fcret@mlflow.example.org",
    ],
)
def test_addresses_of_servers_are_taken(address: str) -> None:
    assert checked_address(address) == address


@pytest.mark.parametrize(
    "address",
    [
        *("file:///tmp/runs", "mlruns", "/tmp/runs", "htp://host:5000", "host:5000", "http://"),
        *("http://host:port", "http://host:0", "http://host:99999", "http://host?a=b"),
        *("sqlite:///runs.db", "postgresql://ann:s3cret@db/runs", "htp://ann:s3cret@host"),
        "http://ann:s3@cret@host:port",
    ],
)
def test_other_forms_are_refused_without_their_password(address: str) -> None:
    with pytest.raises(BadInput, match="tracking_uri is not the address of a server") as caught:
        checked_address(address)
    assert "cret" not in str(caught.value)
    assert "config/config.yaml" in str(caught.value)


def test_the_password_is_given_to_mlflow_apart_from_the_address() -> None:
    address, given = without_password("https://ann:s%2Fcr%40et@host:8080/runs")
    assert address == "https://host:8080/runs"
    assert given == {"MLFLOW_TRACKING_USERNAME": "ann", "MLFLOW_TRACKING_PASSWORD": "s/cr@et"}
    assert without_password("sqlite:////tmp/a@b/runs.db") == ("sqlite:////tmp/a@b/runs.db", {})
