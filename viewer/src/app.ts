import "./styles/bootstrap.scss";
import "./styles/app.scss";

import htmx from "htmx.org";

import { startDialogs } from "./dialogs";
import { startDrop } from "./drop";
import { csrfToken, withoutEmpty } from "./http";
import { startLiveJobs } from "./live_jobs";
import { startLivePage } from "./live_page";
import { startSorting } from "./sort";
import { startTooltips } from "./tooltip";
import { Tray } from "./tray";
import { rememberZone } from "./zone";

function start(): void {
  rememberZone();
  startTooltips(document);
  startSorting(document);
  startDialogs(document);
  document.body.addEventListener("htmx:configRequest", (event) => {
    const { detail } = event as CustomEvent<{ headers: Record<string, string>; parameters: FormData; verb: string }>;
    detail.headers["X-CSRFToken"] = csrfToken();
    if (detail.verb === "get") withoutEmpty(detail.parameters);
  });
  startLivePage(document);
  const box = document.getElementById("tray");
  if (!box) return; // nobody is signed in
  const tray = new Tray(box, document.body.dataset["uploadLimit"] ?? "0");
  startDrop(document, (files) => tray.add(files));
  startLiveJobs(tray);
}

start();

export { htmx };
