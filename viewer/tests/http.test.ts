import { expect, it } from "vitest";

import { withoutEmpty } from "../src/http";

it("keeps set filters, all values of them, and drops the rest", () => {
  const values = new FormData();
  values.append("map", "");
  values.append("player", "ropz");
  values.append("tag", "a");
  values.append("tag", "");
  values.append("tag", "b");
  withoutEmpty(values);
  expect([...values.entries()]).toEqual([["player", "ropz"], ["tag", "a"], ["tag", "b"]]);
});
