/** How far an import is and how long it may still take. */

export interface Stage {
  name: string;
  label: string;
  weight: number; // share of the whole time, as measured on a large demo
}

export const STAGES: readonly Stage[] = [
  { name: "received", label: "Received", weight: 0.01 },
  { name: "decoding", label: "Decoding", weight: 0.72 },
  { name: "checking", label: "Checking", weight: 0.03 },
  { name: "storing", label: "Storing", weight: 0.08 },
  { name: "analysing", label: "Analysing", weight: 0.13 },
  { name: "publishing", label: "Publishing", weight: 0.03 },
];

/** A step tells its own name for the moment before it tells its stage. */
const STEPS: Readonly<Record<string, string>> = {
  parse: "received",
  check: "checking",
  store: "storing",
  analyse: "analysing",
  publish: "publishing",
  notify: "publishing",
};

/** A sample is simulated first, which takes most of its time; then its file goes the way of an upload. */
export const SIMULATED_SHARE = 0.75;
const SIMULATION: Readonly<Record<string, string>> = {
  simulate: "Simulating",
  simulating: "Simulating",
  accept: "Simulated",
};

/** What to call a stage; one that is not known here is shown as the worker calls it. */
export function stageLabel(name: string): string {
  const known = SIMULATION[name] ?? STAGES.find((stage) => stage.name === (STEPS[name] ?? name))?.label;
  return known ?? name.charAt(0).toUpperCase() + name.slice(1);
}

/** Share of the whole job done, from its stage and the share of that stage done (both 0 to 1). */
export function overall(stage: string, fraction: number): number {
  if (stage in SIMULATION) return SIMULATED_SHARE * (stage === "accept" ? 1 : Math.min(1, Math.max(0, fraction)));
  const at = STAGES.findIndex(({ name }) => name === (STEPS[stage] ?? stage));
  if (at < 0) return 0;
  const before = STAGES.slice(0, at).reduce((sum, { weight }) => sum + weight, 0);
  return Math.min(1, before + (STAGES[at]?.weight ?? 0) * Math.min(1, Math.max(0, fraction)));
}

const WARM_UP_S = 1;
const LEAST_SHARE = 0.02;

/** Seconds left at the pace so far; null while there is too little to go by. */
export function secondsLeft(share: number, elapsedS: number): number | null {
  if (share >= 1) return 0;
  if (share < LEAST_SHARE || elapsedS < WARM_UP_S) return null;
  return (elapsedS * (1 - share)) / share;
}

/** "8 s left", "2 min left"; empty where it is not known. */
export function timeLeft(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return "";
  if (seconds < 60) return `${Math.max(1, Math.ceil(seconds))} s left`;
  return `${Math.ceil(seconds / 60)} min left`;
}

/** "12.3 MB": bytes for people, powers of 1000 as file managers count. */
export function fileSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = -1;
  do {
    value /= 1000;
    unit += 1;
  } while (value >= 999.5 && unit < units.length - 1);
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit] ?? ""}`;
}
