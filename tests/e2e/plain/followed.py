"""Procedures followed by lines: started, and run step by step."""

from tests.e2e.plain.piped import Piped


def start(program: Piped) -> None:
    """Start the procedure that is shown."""
    program.ask("!", r"\? .*start it\?")
    program.see(r"\? a number or a word")
    program.ask("start", r"procedure: \S+ started by ana")


def run(program: Piped, word: str, ended: str, times: str = "once") -> None:
    """Run the step that is next, by typing what the question asks for; `times` is how often it may run."""
    program.ask("run-step", rf"\? type {word} to run it, exactly this, {times}")
    program.ask(word, ended)
