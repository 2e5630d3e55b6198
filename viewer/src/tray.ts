import type { JobNews } from "./live_jobs";
import { fileSize, secondsLeft, timeLeft } from "./progress";
import { type Received, upload, UploadError } from "./upload";

const UPLOADS_AT_ONCE = 2;
const OPEN_MATCH = "Open match";

/** One file on its way: its place in the tray. */
class Entry {
  readonly element = document.createElement("li");
  private readonly name = document.createElement("span");
  private readonly link = document.createElement("a");
  private readonly bar = document.createElement("progress");
  private readonly status = document.createElement("div");

  constructor(name: string) {
    const line = document.createElement("div");
    line.className = "line";
    this.name.className = "name";
    this.name.textContent = this.name.title = name;
    this.link.className = "nowrap";
    this.link.hidden = true;
    line.append(this.name, this.link);
    this.bar.max = 1;
    this.bar.value = 0;
    this.bar.setAttribute("aria-label", `Progress of ${name}`);
    this.status.className = "status";
    this.element.append(line, this.bar, this.status);
    this.say("Waiting", 0);
  }

  say(text: string, share: number): void {
    this.element.classList.remove("is-failed");
    this.status.textContent = text;
    this.bar.hidden = false;
    this.bar.value = share;
  }

  fail(reason: string, hint: string): void {
    this.element.classList.add("is-failed");
    this.status.textContent = [reason, hint].filter(Boolean).join(" ");
    this.bar.hidden = true;
  }

  done(text: string, url: string, opening = OPEN_MATCH): void {
    this.say(text, 1);
    this.link.textContent = opening;
    this.bar.hidden = true;
    this.link.href = url;
    this.link.hidden = url === "";
  }
}

/** The list of files on their way, in a corner of every page. */
export class Tray {
  private readonly list: HTMLOListElement;
  private readonly byJob = new Map<string, Entry>();
  private readonly latest = new Map<string, JobNews>();
  private readonly waiting: { file: File; entry: Entry }[] = [];
  private readonly limit: number;
  private sending = 0;

  constructor(
    private readonly box: HTMLElement,
    limit: string,
  ) {
    this.list = box.querySelector("ol") ?? box.appendChild(document.createElement("ol"));
    this.limit = Number(limit);
    box.querySelector("[data-tray-close]")?.addEventListener("click", () => this.close());
    addEventListener("beforeunload", (event) => {
      if (this.sending > 0) event.preventDefault(); // leaving would break off the uploads
    });
  }

  /** Send these files, a few at a time, in order. */
  add(files: File[]): void {
    for (const file of files) {
      const entry = this.show(file.name);
      if (file.size > this.limit) {
        entry.fail(`${fileSize(file.size)} is more than the ${fileSize(this.limit)} accepted.`, "Compress it (.zst, .gz) or raise OFFANGLE_MAX_UPLOAD_MB.");
      } else if (file.size === 0) {
        entry.fail("The file is empty.", "Folders cannot be dropped; drop the files inside.");
      } else {
        this.waiting.push({ file, entry });
      }
    }
    this.sendNext();
  }

  /** Show what is new about a job. */
  hear(news: JobNews): void {
    this.latest.set(news.job_id, news);
    let entry = this.byJob.get(news.job_id) ?? this.takeOver(news);
    if (!entry) {
      const isOver = ["done", "dead", "cancelled"].includes(news.state);
      if (isOver || this.sending > 0) return; // an upload whose answer is still to come will claim it
      entry = this.show(news.name);
      this.byJob.set(news.job_id, entry);
    }
    tell(entry, news);
  }

  /** The place of the job that made this one's file, which is now this one's. */
  private takeOver(news: JobNews): Entry | undefined {
    const entry = this.byJob.get(news.follows);
    if (!entry) return undefined;
    this.byJob.delete(news.follows);
    this.byJob.set(news.job_id, entry);
    return entry;
  }

  private show(name: string): Entry {
    const entry = new Entry(name);
    this.list.prepend(entry.element);
    this.box.hidden = false;
    return entry;
  }

  private close(): void {
    this.box.hidden = true;
  }

  private sendNext(): void {
    while (this.sending < UPLOADS_AT_ONCE) {
      const next = this.waiting.shift();
      if (!next) return;
      this.sending += 1;
      void this.send(next.file, next.entry).finally(() => {
        this.sending -= 1;
        this.sendNext();
      });
    }
  }

  private async send(file: File, entry: Entry): Promise<void> {
    const startedMs = performance.now();
    try {
      const received = await upload(file, (sent) => {
        const share = sent / file.size;
        const left = timeLeft(secondsLeft(share, (performance.now() - startedMs) / 1000));
        const text = share < 1 ? `Uploading · ${fileSize(sent)} of ${fileSize(file.size)}` : "Received · storing";
        entry.say([text, share < 1 ? left : ""].filter(Boolean).join(" · "), share);
      });
      received.forEach((file, place) => this.accept(place === 0 ? entry : this.show(file.name), file));
    } catch (error) {
      if (!(error instanceof UploadError)) throw error;
      entry.fail(error.message, error.hint);
    }
  }

  private accept(entry: Entry, received: Received): void {
    if (received.error) {
      entry.fail(received.error, received.hint);
      return;
    }
    const known = this.byJob.get(received.job_id);
    if (known && known !== entry) known.element.remove();
    if (received.job_id) this.byJob.set(received.job_id, entry);
    const news = this.latest.get(received.job_id);
    if (news && !received.duplicate) tell(entry, news);
    else if (received.match_url) entry.done(received.duplicate ? "Already here" : "Ready", received.match_url);
    else entry.say("Received · waiting for the worker", 0);
  }
}

function tell(entry: Entry, news: JobNews): void {
  switch (news.state) {
    case "queued":
      return entry.say(`${news.waiting} · waiting for the worker`, news.share);
    case "running": {
      const parts = [news.stage, timeLeft(secondsLeft(news.timed_share, news.running_s))];
      return entry.say(parts.filter(Boolean).join(" · "), news.share);
    }
    case "retrying":
      return entry.say(`Will be tried again: ${news.reason}`, news.share);
    case "done":
      return entry.done("Ready", news.url, news.opening);
    case "cancelled":
      return entry.fail("Cancelled.", "");
    case "dead":
      return entry.fail(news.reason, news.hint);
  }
}
