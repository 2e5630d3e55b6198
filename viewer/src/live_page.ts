/** Follow a live match: each piece of news makes htmx fetch the page's live part anew. */
export function startLivePage(root: Document): void {
  const address = root.querySelector<HTMLElement>("[data-live]")?.dataset["live"];
  if (!address) return;
  let source: EventSource | null = null;
  let wasHidden = false;
  const follow = (): void => {
    // A browser opens only six connections to a server at once; streaming software shows pages that say they are hidden.
    const isWanted = root.visibilityState === "visible" || root.body.classList.contains("overlay");
    if (!isWanted) {
      source?.close();
      source = null;
      wasHidden = true;
    } else if (!source) {
      source = open(address, root);
      if (wasHidden) changed(root);
      wasHidden = false;
    }
  };
  root.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", () => {
    source?.close();
    source = null;
  });
  addEventListener("pageshow", follow);
  follow();
}

function open(address: string, root: Document): EventSource {
  const source = new EventSource(address); // it reconnects by itself and says where it was
  source.addEventListener("live", () => changed(root));
  return source;
}

function changed(root: Document): void {
  root.body.dispatchEvent(new CustomEvent("live-changed"));
}
