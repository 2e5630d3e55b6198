import type { Tray } from "./tray";

/** A job as the event stream tells it. */
export interface JobNews {
  job_id: string;
  name: string;
  state: "queued" | "running" | "retrying" | "done" | "dead" | "cancelled";
  stage: string;
  fraction: number;
  running_s: number;
  reason: string;
  hint: string;
  match_url: string;
}

/** Follow the viewer's jobs; the browser reconnects by itself and says where it was. */
export function startLiveJobs(tray: Tray): void {
  const source = new EventSource("/events/");
  source.addEventListener("job", (event) => {
    const news = JSON.parse((event as MessageEvent<string>).data) as JobNews;
    tray.hear(news);
    document.body.dispatchEvent(new CustomEvent("jobs-changed", { detail: news }));
    if (news.state === "done") document.body.dispatchEvent(new CustomEvent("matches-changed", { detail: news }));
  });
  addEventListener("pagehide", () => source.close());
}
