import { beforeEach, describe, expect, it, vi } from "vitest";

import type { JobNews } from "../src/live_jobs";
import { Tray } from "../src/tray";
import { type Received, upload, UploadError } from "../src/upload";

vi.mock("../src/upload", async (original) => ({ ...(await original<typeof import("../src/upload")>()), upload: vi.fn() }));

const sends = vi.mocked(upload);

function received(changes: Partial<Received> = {}): Received {
  return { name: "a.dem", job_id: "job", match_url: "", duplicate: false, error: "", hint: "", ...changes };
}

function news(changes: Partial<JobNews> = {}): JobNews {
  return {
    job_id: "job", name: "a.dem", state: "running", stage: "Decoding", share: 0.4, timed_share: 0.4,
    running_s: 9, waiting: "Received", reason: "", hint: "", url: "", opening: "Open match", follows: "", ...changes,
  };
}

function file(name = "a.dem", size = 10): File {
  return new File([new Uint8Array(size)], name);
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
const statuses = (): (string | null)[] => [...document.querySelectorAll(".status")].map((status) => status.textContent);

describe("the tray", () => {
  let tray: Tray;

  beforeEach(() => {
    document.body.innerHTML = '<section id="tray" hidden><button data-tray-close></button><ol></ol></section>';
    tray = new Tray(document.getElementById("tray") as HTMLElement, "1000");
    sends.mockReset();
  });

  it("refuses too large and empty files without sending them", () => {
    tray.add([file("large.dem", 1001), file("empty.dem", 0)]);
    expect(sends).not.toHaveBeenCalled();
    expect(statuses()).toEqual([expect.stringContaining("The file is empty."), expect.stringContaining("more than the 1.0 kB")]);
    expect(document.getElementById("tray")?.hidden).toBe(false);
  });

  it("sends two at a time and keeps the order", async () => {
    const ends: ((files: Received[]) => void)[] = [];
    sends.mockImplementation(() => new Promise((resolve) => ends.push(resolve)));
    tray.add([file("1.dem"), file("2.dem"), file("3.dem")]);
    expect(sends.mock.calls.map(([sent]) => sent.name)).toEqual(["1.dem", "2.dem"]);
    ends[0]?.([received()]);
    await settled();
    expect(sends.mock.calls.map(([sent]) => sent.name)).toEqual(["1.dem", "2.dem", "3.dem"]);
  });

  it("follows the job from the upload to the match", async () => {
    sends.mockResolvedValue([received()]);
    tray.add([file()]);
    await settled();
    expect(statuses()).toEqual(["Received · waiting for the worker"]);
    tray.hear(news());
    expect(statuses()).toEqual([expect.stringMatching(/^Decoding · \d+ s left$/)]);
    tray.hear(news({ state: "done", url: "/matches/1/" }));
    expect(statuses()).toEqual(["Ready"]);
    expect(document.querySelector("a")?.getAttribute("href")).toBe("/matches/1/");
  });

  it("uses news that overtook the answer to the upload", async () => {
    sends.mockImplementation(async () => {
      tray.hear(news({ state: "done", url: "/matches/1/" }));
      return [received()];
    });
    tray.add([file()]);
    await settled();
    expect(statuses()).toEqual(["Ready"]);
  });

  it("says so when the match is here already", async () => {
    sends.mockResolvedValue([received({ duplicate: true, match_url: "/matches/1/" })]);
    tray.add([file()]);
    await settled();
    expect(statuses()).toEqual(["Already here"]);
  });

  it("shows each file of an archive, and why one of them was refused", async () => {
    sends.mockResolvedValue([received(), received({ name: "b.dem", job_id: "", error: "Truncated.", hint: "Get it again." })]);
    tray.add([file("both.zip")]);
    await settled();
    expect(statuses()).toEqual(["Truncated. Get it again.", "Received · waiting for the worker"]);
  });

  it("names the reason and the hint of an upload and of a job that failed", async () => {
    sends.mockRejectedValueOnce(new UploadError("The connection was lost.", "Try again.")).mockResolvedValueOnce([received()]);
    tray.add([file("lost.dem")]);
    await settled();
    tray.add([file("dead.dem")]);
    await settled();
    tray.hear(news({ state: "dead", reason: "The file ends too early.", hint: "Download it again." }));
    expect(statuses()).toEqual(["The file ends too early. Download it again.", "The connection was lost. Try again."]);
  });

  it("follows a sample from its simulation to its match in one line", () => {
    const sample = { job_id: "sample:1:1", name: "simulated.dem" };
    tray.hear(news({ ...sample, state: "queued", waiting: "Simulation", share: 0 }));
    expect(statuses()).toEqual(["Simulation · waiting for the worker"]);
    tray.hear(news({ ...sample, stage: "Simulating", share: 0.375, timed_share: 0.375, running_s: 20 }));
    expect(statuses()).toEqual(["Simulating · 34 s left"]);
    tray.hear(news({ state: "queued", waiting: "Simulated", share: 0.75, follows: sample.job_id }));
    expect(statuses()).toEqual(["Simulated · waiting for the worker"]);
    tray.hear(news({ stage: "Received", share: 0.75, timed_share: 0, follows: sample.job_id }));
    const bar = document.querySelector("progress") as HTMLProgressElement;
    expect(bar.value).toBeGreaterThanOrEqual(0.75);
    tray.hear(news({ state: "done", url: "/matches/1/", opening: "Read report", follows: sample.job_id }));
    expect(statuses()).toEqual(["Ready"]);
    expect(document.querySelector("a")?.textContent).toBe("Read report");
  });

  it("shows jobs under way on a page that was opened later, and no old ones", () => {
    tray.hear(news({ job_id: "old", state: "done" }));
    expect(statuses()).toEqual([]);
    tray.hear(news({ job_id: "mine", state: "queued" }));
    expect(statuses()).toEqual(["Received · waiting for the worker"]);
  });
});
