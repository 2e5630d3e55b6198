import { describe, expect, it } from "vitest";

import { fileSize, secondsLeft, timeLeft } from "../src/progress";

describe("time left", () => {
  it("goes by the pace so far", () => {
    expect(secondsLeft(0.25, 10)).toBe(30);
    expect(secondsLeft(1, 10)).toBe(0);
  });

  it("says nothing before there is something to go by", () => {
    expect(secondsLeft(0, 10)).toBeNull();
    expect(secondsLeft(0.5, 0.2)).toBeNull();
    expect(timeLeft(null)).toBe("");
  });

  it.each([
    [0.2, "1 s left"],
    [59, "59 s left"],
    [60, "1 min left"],
    [61, "2 min left"],
  ])("%d s reads %s", (seconds, text) => expect(timeLeft(seconds)).toBe(text));
});

describe("fileSize", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [12_345_678, "12 MB"],
    [999_999, "1.0 MB"],
    [2_147_483_648, "2.1 GB"],
  ])("%d reads %s", (bytes, text) => expect(fileSize(bytes)).toBe(text));
});
