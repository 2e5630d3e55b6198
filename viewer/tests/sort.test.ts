import { beforeEach, describe, expect, it } from "vitest";

import { compare, startSorting } from "../src/sort";

describe("compare", () => {
  it("puts what is not known last in both directions", () => {
    expect(compare(null, 1, "ascending")).toBeGreaterThan(0);
    expect(compare(null, 1, "descending")).toBeGreaterThan(0);
    expect(compare(null, null, "ascending")).toBe(0);
  });
});

describe("a sortable table", () => {
  startSorting(document);

  beforeEach(() => {
    document.body.innerHTML = `<table><thead><tr>
      <th><button class="sort">Player</button></th><th class="num"><button class="sort">ADR</button></th></tr></thead>
      <tbody><tr><td>b</td><td>70.1</td></tr><tr><td>a</td><td>–</td></tr><tr><td>c</td><td>101.5</td></tr></tbody></table>`;
  });

  const names = (): (string | null)[] => [...document.querySelectorAll("tbody td:first-child")].map((td) => td.textContent);
  const press = (n: number): void => document.querySelectorAll<HTMLButtonElement>(".sort")[n]?.click();

  it("starts numbers with the highest, and turns round", () => {
    press(1);
    expect(names()).toEqual(["c", "b", "a"]);
    expect(document.querySelectorAll("th")[1]?.getAttribute("aria-sort")).toBe("descending");
    press(1);
    expect(names()).toEqual(["b", "c", "a"]);
  });

  it("starts names with a, and marks one column only", () => {
    press(1);
    press(0);
    expect(names()).toEqual(["a", "b", "c"]);
    expect(document.querySelectorAll("th[aria-sort]")).toHaveLength(1);
  });
});
