import type { Tray } from "./tray";

/** A job as the event stream tells it. */
export interface JobNews {
  job_id: string;
  name: string;
  state: "queued" | "running" | "retrying" | "done" | "dead" | "cancelled";
  stage: string; // in words
  share: number; // of the whole way, 0 to 1
  running_s: number;
  timed_share: number; // of what those seconds go into
  waiting: string; // what is done while it waits for a worker
  reason: string;
  hint: string;
  url: string; // what came of it
  opening: string; // what a link there says
  follows: string; // the job that made this one's file; empty where somebody brought it
}

/** Follow the viewer's jobs while the page is in sight: a browser opens only six connections to a server at once. */
export function startLiveJobs(tray: Tray): void {
  let source: EventSource | null = null;
  const follow = (): void => {
    source?.close();
    source = document.visibilityState === "visible" ? open(tray) : null;
  };
  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", () => source?.close());
  follow();
}

function open(tray: Tray): EventSource {
  const source = new EventSource("/events/"); // it reconnects by itself and says where it was
  source.addEventListener("job", (event) => {
    const news = JSON.parse((event as MessageEvent<string>).data) as JobNews;
    tray.hear(news);
    document.body.dispatchEvent(new CustomEvent("jobs-changed", { detail: news }));
    if (news.state === "done") document.body.dispatchEvent(new CustomEvent("matches-changed", { detail: news }));
  });
  return source;
}
