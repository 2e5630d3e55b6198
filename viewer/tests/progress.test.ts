import { describe, expect, it } from "vitest";

import { fileSize, overall, secondsLeft, STAGES, stageLabel, timeLeft } from "../src/progress";

describe("overall", () => {
  it("grows from stage to stage and ends at one", () => {
    const shares = STAGES.flatMap(({ name }) => [overall(name, 0), overall(name, 0.5), overall(name, 1)]);
    expect([...shares].sort((a, b) => a - b)).toEqual(shares);
    expect(shares[0]).toBe(0);
    expect(shares.at(-1)).toBeCloseTo(1);
  });

  it("takes fractions out of bounds for their bound, and nothing for a stage it does not know", () => {
    expect(overall("checking", 7)).toBe(overall("checking", 1));
    expect(overall("received", -1)).toBe(0);
    expect(overall("brew coffee", 0.5)).toBe(0);
    expect(stageLabel("brew")).toBe("Brew");
  });
});

describe("a simulation", () => {
  it("is the larger part of a sample's way", () => {
    const shares = [overall("simulate", 0), overall("simulating", 0.5), overall("simulating", 2), overall("accept", 0)];
    expect(shares).toEqual([0, 0.375, 0.75, 0.75]);
    expect(["simulate", "simulating", "accept"].map(stageLabel)).toEqual(["Simulating", "Simulating", "Simulated"]);
  });
});

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
