"""References to secrets."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Secret(BaseModel):
    """Where a secret comes from: `{env: NAME}` or `{file: PATH}`; never the secret itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    env: Annotated[str | None, Field(description="Name of the environment variable that holds it.")] = None
    file: Annotated[str | None, Field(description="Path of a file that holds it; the last line feed is dropped.")] = (
        None
    )

    @model_validator(mode="after")
    def _one(self) -> "Secret":
        if (self.env is None) == (self.file is None):
            raise ValueError("a secret must be either {env: NAME} or {file: PATH}")
        return self
