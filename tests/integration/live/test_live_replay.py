"""`offangle gsi replay` against a real ingest."""

import json
from pathlib import Path

import pytest

from makers.gsi_posts import GsiClient
from makers.gsi_server import GsiServer
from offangle.cli.main import main


@pytest.mark.slow
def test_a_recording_reaches_the_journal_of_a_real_server(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    client = GsiClient()
    client.play_round("CT", 2)
    recording = tmp_path / "round.jsonl"
    recording.write_text("\n".join(json.dumps(body) for body in client.posts), encoding="utf-8")
    server = GsiServer(tmp_path)
    (poster,) = server.make_posters(1)
    server.start()
    try:
        url = f"http://127.0.0.1:{server.port}/gsi"
        options = ["--url", url, "--speed", "0", "--steam-id", str(poster.steam_id), "--json"]
        assert main(["gsi", "replay", str(recording), "--token", poster.secret, *options]) == 0
        assert json.loads(capsys.readouterr().out) == {"posts": 5, "accepted": 5, "retries": 0}
        assert main(["gsi", "replay", str(recording), "--token", "wrong", *options]) == 1
        assert "refused with 401" in json.loads(capsys.readouterr().err.splitlines()[-1])["error"]["message"]
    finally:
        server.kill()
    stored = server.journal(poster.steam_id)
    assert len(stored) == 5
    assert poster.secret.encode() not in b"".join(body for _, _, body in stored)
