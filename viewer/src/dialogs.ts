/** Buttons with `data-opens="id"` open that dialog; `data-closes` closes the one around it. */
export function startDialogs(root: Document): void {
  root.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const opener = event.target.closest<HTMLElement>("[data-opens]");
    const dialog = opener && root.getElementById(opener.dataset["opens"] ?? "");
    if (dialog instanceof HTMLDialogElement) dialog.showModal();
    if (event.target.closest("[data-closes]")) event.target.closest("dialog")?.close();
    const copier = event.target.closest<HTMLElement>("[data-copies]");
    if (copier) void copy(root, copier);
  });
}

async function copy(root: Document, button: HTMLElement): Promise<void> {
  const text = root.getElementById(button.dataset["copies"] ?? "")?.textContent ?? "";
  await navigator.clipboard.writeText(text.trim());
  button.textContent = "Copied";
}
