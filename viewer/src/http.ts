/** The token that lets this page change things; the server prints it into every page. */
export function csrfToken(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
}

/** Take unset filters out of a form's values, so that addresses stay short enough to share. */
export function withoutEmpty(values: FormData): void {
  for (const name of new Set(values.keys())) {
    const kept = values.getAll(name).filter((value) => value !== "");
    values.delete(name);
    for (const value of kept) values.append(name, value);
  }
}
