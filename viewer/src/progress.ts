/** How long something may still take, and how large it is. */

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
