const YEAR_S = 365 * 24 * 3600;

/** Tell the server the viewer's time zone, so that it can print local times. */
export function rememberZone(): void {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) document.cookie = `zone=${zone}; path=/; max-age=${YEAR_S}; samesite=lax`;
}
