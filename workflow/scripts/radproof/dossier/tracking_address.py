"""The address of a tracking server: checked before anything runs, and its password never shown."""

from urllib.parse import SplitResult, unquote, urlsplit

from radproof.errors import BadInput, Problem

EXPECTED = "http://HOST:PORT or https://HOST, or nothing for a store inside the dossier"


def checked_address(address: str | None) -> str:
    """Return the address of ``tracking_uri``, empty where there is none.

    Raises
    ------
    BadInput
        If it is not the address of a server: MLflow 3 refuses folders, and a database is written
        by its server alone.
    """
    text = (address or "").strip()
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        raise BadInput(
            Problem(
                "tracking_uri is not the address of a server",
                # Before an @ there may be a password, however wrong the rest is.
                found=text.rpartition("@")[2],
                expected=EXPECTED,
                remedy="correct tracking_uri in config/config.yaml; for a database, start"
                " `mlflow server` in front of it",
            )
        )
    return text


def without_password(address: str) -> tuple[str, dict[str, str]]:
    """Return an address less its user and password, and these as MLflow reads them.

    MLflow writes the address that it was given into its messages.
    """
    parts = urlsplit(address)
    if "@" not in parts.netloc:
        return address, {}
    shown = SplitResult(
        parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, parts.fragment
    )
    given = {
        "MLFLOW_TRACKING_USERNAME": unquote(parts.username or ""),
        "MLFLOW_TRACKING_PASSWORD": unquote(parts.password or ""),
    }
    return shown.geturl(), given
