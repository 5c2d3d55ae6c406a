"""A client of a store of runs: it gives up in time, and says in one line why."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from radproof.dossier.tracking_address import without_password
from radproof.errors import BadInput, Problem

if TYPE_CHECKING:
    from mlflow import MlflowClient

# Unless the user says otherwise.
DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # A server that is down is reported within seconds instead of minutes. A request whose answer
    # was lost is not sent again, which might log twice: the next run of the rule finds it.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
}


@contextmanager
def open_client(tracking_uri: str) -> Iterator["MlflowClient"]:
    """Yield a client of a store, whose address may hold a user and a password.

    Raises
    ------
    BadInput
        If the store does not answer or refuses what is asked of it.
    """
    address, credentials = without_password(tracking_uri)
    # Read by MLflow when it is imported and at each request.
    os.environ.update({**DEFAULTS, **os.environ, **credentials})
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    if address.startswith("sqlite:///"):
        Path(address.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    try:
        yield MlflowClient(tracking_uri=address)
    except (MlflowException, SQLAlchemyError, OSError) as error:
        raise BadInput(
            Problem(
                "runs cannot be logged",
                file=address,
                found=_reason(error),
                remedy="start the tracking server, or correct tracking_uri in config/config.yaml,"
                " and run make study again: only this step is missing",
            )
        ) from None


def _reason(error: BaseException) -> str:
    """Return what lies at the bottom of an error, in one line."""
    while inner := error.__cause__ or error.__context__:
        error = inner
    return (str(error) or type(error).__name__).splitlines()[0][:300]
