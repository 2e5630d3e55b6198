// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { startLivePage } from "../src/live_page";

class FakeSource extends EventTarget {
  static opened: FakeSource[] = [];
  isClosed = false;

  constructor(readonly url: string) {
    super();
    FakeSource.opened.push(this);
  }

  close(): void {
    this.isClosed = true;
  }
}

function show(state: "visible" | "hidden"): void {
  vi.spyOn(document, "visibilityState", "get").mockReturnValue(state);
  document.dispatchEvent(new Event("visibilitychange"));
}

let changes = 0;
const count = (): void => {
  changes += 1;
};

beforeEach(() => {
  FakeSource.opened = [];
  changes = 0;
  vi.stubGlobal("EventSource", FakeSource);
  vi.spyOn(document, "visibilityState", "get").mockReturnValue("visible");
  document.body.className = "";
  document.body.innerHTML = '<div data-live="/live/events/?since=7"></div>';
  document.body.addEventListener("live-changed", count);
});

afterEach(() => {
  dispatchEvent(new Event("pagehide"));
  document.body.removeEventListener("live-changed", count);
  vi.restoreAllMocks();
});

test("a page without a live part opens no stream", () => {
  document.body.innerHTML = "";
  startLivePage(document);
  expect(FakeSource.opened).toHaveLength(0);
});

test("news makes the page fetch its live part", () => {
  startLivePage(document);
  expect(FakeSource.opened.map((each) => each.url)).toEqual(["/live/events/?since=7"]);
  FakeSource.opened[0]?.dispatchEvent(new Event("live"));
  expect(changes).toBe(1);
});

test("a hidden page hears nothing, and looks again when it is shown", () => {
  startLivePage(document);
  show("hidden");
  expect(FakeSource.opened[0]?.isClosed).toBe(true);
  show("visible");
  expect(FakeSource.opened.filter((each) => !each.isClosed).length).toBeGreaterThan(0);
  expect(changes).toBeGreaterThan(0);
});

test("an overlay goes on although streaming software says that it is hidden", () => {
  document.body.className = "overlay";
  startLivePage(document);
  show("hidden");
  expect(FakeSource.opened.at(-1)?.isClosed).toBe(false);
});
