"""References to secrets."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Secret(BaseModel):
    """Where a secret comes from: `{env: NAME}`, `{file: PATH}` or `{command: [PROGRAM, …]}`; never the secret."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    env: Annotated[str | None, Field(description="Name of the environment variable that holds it.")] = None
    file: Annotated[str | None, Field(description="Path of a file that holds it; the last line feed is dropped.")] = (
        None
    )

    command: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[^\x00]*$")], ...] | None,
        Field(
            min_length=1,
            max_length=100,
            description="Program that prints it, word by word: no shell. It has 5 s; the last line feed is dropped.",
        ),
    ] = None

    @model_validator(mode="after")
    def _one(self) -> "Secret":
        if sum(way is not None for way in (self.env, self.file, self.command)) != 1:
            raise ValueError("a secret must be one of {env: NAME}, {file: PATH} and {command: [PROGRAM, …]}")
        if self.command and not self.command[0]:
            raise ValueError("the program of a secret command must not be empty")
        return self

    def __str__(self) -> str:
        """Return the reference as it is written in a file; of a command only its program."""
        if self.command is not None:
            return f"{{command: {self.command[0]}{' …' if len(self.command) > 1 else ''}}}"
        return f"{{env: {self.env}}}" if self.env is not None else f"{{file: {self.file}}}"
