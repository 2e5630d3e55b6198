/** Files dropped anywhere on the page, or chosen through an `input[data-upload]`, are handed to `take`. */
export function startDrop(root: Document, take: (files: File[]) => void): void {
  const overlay = root.getElementById("drop-overlay");
  let depth = 0; // dragenter and dragleave fire for every element passed over
  const show = (on: boolean): void => {
    if (overlay) overlay.hidden = !on;
  };
  root.addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    depth += 1;
    show(true);
  });
  root.addEventListener("dragleave", (event) => {
    if (!hasFiles(event)) return;
    depth = Math.max(0, depth - 1);
    show(depth > 0);
  });
  root.addEventListener("dragover", (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  root.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    show(false);
    take([...(event.dataTransfer?.files ?? [])]);
  });
  root.addEventListener("change", (event) => {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || input.dataset["upload"] === undefined) return;
    take([...(input.files ?? [])]);
    input.value = ""; // the same file may be chosen again
  });
  root.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-choose-files]") : null;
    if (button) root.querySelector<HTMLInputElement>("input[data-upload]")?.click();
  });
}

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") ?? false;
}
