"""What a person in front of a page does: drop files, keep pictures."""

import base64
from pathlib import Path

from playwright.sync_api import Page

REPOSITORY = Path(__file__).resolve().parents[2]
ARTIFACTS = REPOSITORY / "test-artifacts"

DROP = """([name, encoded]) => {
    const bytes = Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], name));
    const send = (kind) => document.body.dispatchEvent(
        new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    window.dropFile = () => send("drop");
    send("dragenter");
    send("dragover");
}"""


def hold_over(page: Page, path: Path) -> None:
    """Drag a file over the page and hold it there."""
    page.evaluate(DROP, [path.name, base64.b64encode(path.read_bytes()).decode()])


def let_go(page: Page) -> None:
    """Let go of the file that is held."""
    page.evaluate("window.dropFile()")
