"""The real matches beside the repository, under neutral keys."""

import hashlib
from pathlib import Path


def match_paths(shared_data: Path) -> dict[str, Path]:
    """Key -> zip: `league-01` … for league matches, `pro-` and a hash of the file's name for the others."""
    return {match_key(path): path for path in sorted((shared_data / "matches").glob("*/*.zip"))}


def match_key(path: Path) -> str:
    """A name for the file that names neither teams nor players."""
    if path.stem.startswith("league-"):
        return path.stem[:9]
    return f"pro-{hashlib.sha256(path.stem.encode()).hexdigest()[:6]}"
