"""Takes one file in, in a process of its own, and prints the most memory that took; see `test_intake_memory`.

Arguments: the file, a folder for the store, and `file`, `stream` or `open`: how it is taken, or read back.
"""

import sys
from pathlib import Path

from offangle.core.errors import BadInputError
from offangle.storage.intake import Intake, open_demo
from offangle.storage.limits import Limits
from offangle.storage.links import LinkSigner
from offangle.storage.objects import local_store
from offangle.storage.work import WorkArea


def main() -> None:
    path, folder, way = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    store = local_store(folder / "objects", LinkSigner(b"a signing key of tests"))
    intake = Intake(store, WorkArea(folder / "work"), Limits())
    try:
        if way == "stream":
            with path.open("rb") as file:
                result = intake.take_stream(file, name=path.name)
        else:
            result = intake.take_file(path)
        if way == "open":
            open_demo(store, result.files[0].key, folder / "unpacked.dem")
        outcome = "taken"
    except BadInputError as error:
        outcome = error.message
    print(peak_memory_mb(), outcome, sep="\n")  # noqa: T201 - the result


def peak_memory_mb() -> int:
    # Not getrusage: its figure starts at that of the process which started this one.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) // 1024


if __name__ == "__main__":
    main()
