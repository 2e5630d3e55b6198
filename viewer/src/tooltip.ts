const GAP_PX = 8;

/** Show what `data-hint` says beside its element, on hover and on keyboard focus; Escape closes it. */
export function startTooltips(root: Document): void {
  const box = root.createElement("div");
  box.className = "tooltip-box";
  box.id = "tooltip";
  box.setAttribute("role", "tooltip");
  root.body.append(box);

  const show = (event: Event): void => {
    const target = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-hint]") : null;
    if (!target) return;
    box.textContent = target.dataset["hint"] ?? "";
    place(box, target.getBoundingClientRect());
    box.classList.add("is-open");
  };
  const hide = (): void => box.classList.remove("is-open");
  root.addEventListener("mouseover", show);
  root.addEventListener("focusin", show);
  root.addEventListener("mouseout", hide);
  root.addEventListener("focusout", hide);
  root.addEventListener("scroll", hide, { capture: true, passive: true });
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
}

function place(box: HTMLElement, target: DOMRect): void {
  const { width, height } = box.getBoundingClientRect();
  const left = Math.min(Math.max(GAP_PX, target.left + target.width / 2 - width / 2), innerWidth - width - GAP_PX);
  const above = target.top - height - GAP_PX;
  box.style.left = `${left}px`;
  box.style.top = `${above > GAP_PX ? above : target.bottom + GAP_PX}px`;
}
