"""Oomnitza as the target of runs: its settings, and the connection that they create."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from lib.oomnitza.bulk import LARGEST_BATCH, BulkOptions, BulkV2, BulkV3
from lib.oomnitza.client import Login, OomnitzaClient
from lib.oomnitza.confirmation import Confirm
from lib.settings import at_least, between, setting, url
from lib.target.target import Target, TargetSettings, UploadPlan
from lib.target.uploader import Uploader


@dataclass(frozen=True, kw_only=True)
class OomnitzaSettings(TargetSettings):
    """The settings of the section [oomnitza]."""

    url: str = setting(
        "The address of your Oomnitza.", example="https://example.oomnitza.com", parse=url
    )
    api_token: str = setting(
        "An Oomnitza API token. If it is set, username and password are not used.",
        default="",
        example="YOUR Oomnitza API TOKEN",
        secret=True,
    )
    username: str = setting(
        "The name of an Oomnitza user, for the older way to sign in, without an api_token.",
        default="",
        example="oomnitza-sa",
        alternative=True,
    )
    password: str = setting(
        "The password of that user, for the older way to sign in.",
        default="",
        example="change-me",
        secret=True,
        alternative=True,
    )
    api: Literal["v3", "v2"] = setting(
        "The version of the bulk API. v2 is for Oomnitza versions from before 2020.",
        default="v3",
        advanced=True,
    )
    batch_size: int = setting(
        f"The number of records in one upload request, at most {LARGEST_BATCH}.",
        default=LARGEST_BATCH,
        advanced=True,
        parse=between(1, LARGEST_BATCH),
    )
    upload_workers: int = setting(
        "The number of upload requests at the same time.",
        default=2,
        advanced=True,
        parse=at_least(1),
    )
    confirm: Confirm = setting(
        "The responses that confirm a batch. body: an empty body, or JSON without an error. "
        "strict: a JSON object, and the counts in Oomnitza's run log must add up. status: any "
        "success status, except a web page.",
        default="body",
        advanced=True,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from super().problems()
        if not self.api_token and not (self.username and self.password):
            yield "api_token", "credentials are missing. Set api_token (or username and password)"
        if self.api == "v2" and self.confirm == "strict":
            yield "confirm", "confirm = strict needs the run log of api = v3. Set confirm = body"

    def connect(self) -> Target:
        """Return a connection to this Oomnitza that is not signed in yet."""
        return Oomnitza(self)


class Oomnitza(OomnitzaClient):
    """The requests of `OomnitzaClient`, and the runs that consist of them."""

    def __init__(self, settings: OomnitzaSettings) -> None:
        login = Login(settings.api_token, settings.username, settings.password)
        super().__init__(settings.url, settings, login, max(settings.upload_workers, 1))
        self._settings = settings

    def open_run(self, plan: UploadPlan) -> Uploader:
        """Open a run, with the version of the bulk API from the settings."""
        kind = BulkV2 if self._settings.api == "v2" else BulkV3
        settings = self._settings
        how = BulkOptions(settings.batch_size, settings.upload_workers, settings.confirm)
        return kind(self, plan, how)
