"""Files of STIX objects as commands read them, and progress as they show it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from tocsin.errors import InvalidInputError
from tocsin.model import strict_json

BATCH = 1_000  # objects judged and stored in one transaction


def read_objects(file: Path) -> list[bytes]:
    """The objects in a bundle, an envelope, a list, a single object or JSON lines, each as it stands there.

    Raises:
        InvalidInputError: the file cannot be read, or is none of these; names the file.
    """
    try:
        content = file.read_bytes()
        objects = strict_json.cut_file(content) if content.strip() else []
    except OSError as error:
        raise InvalidInputError(f"{file}: {error.strerror}", hint="give a file that can be read") from error
    except InvalidInputError as error:
        raise InvalidInputError(f"{file}: {error.message}", hint=error.hint) from error
    if not objects:
        raise InvalidInputError(f"{file} holds no objects", hint="give a bundle, an envelope, a list or JSON lines")
    return objects


class _RateColumn(ProgressColumn):
    """Objects a second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


@contextmanager
def progress(title: str, total: int | None) -> Iterator[Progress]:
    """A bar on stderr, where that is a terminal; advance its only task, number 0."""
    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), _RateColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        bar.add_task(title, total=total)
        yield bar


def batches(objects: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """Stretches of at most BATCH objects."""
    return (objects[start : start + BATCH] for start in range(0, len(objects), BATCH))
