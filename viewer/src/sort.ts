type Direction = "ascending" | "descending";

/** A cell's value: `data-value` where the text is for people, else its text as a number, else its text. */
export function cellValue(cell: HTMLTableCellElement | undefined): number | string | null {
  const text = (cell?.dataset["value"] ?? cell?.textContent ?? "").trim();
  if (text === "" || text === "–") return null;
  const value = Number(text.replace(/[%$+,\s]/g, "").replace("−", "-"));
  return Number.isNaN(value) ? text.toLowerCase() : value;
}

/** Order two values; what is not known comes last whatever the direction. */
export function compare(a: number | string | null, b: number | string | null, direction: Direction): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
  return direction === "ascending" ? order : -order;
}

/** Sort the rows of a table's first body by one column. Rows that are equal keep their order. */
export function sortTable(table: HTMLTableElement, column: number, direction: Direction): void {
  const body = table.tBodies[0];
  if (!body) return;
  const rows = [...body.rows].map((row) => ({ row, value: cellValue(row.cells[column]) }));
  rows.sort((a, b) => compare(a.value, b.value, direction));
  body.append(...rows.map(({ row }) => row));
}

function nextDirection(header: HTMLTableCellElement): Direction {
  const first: Direction = header.classList.contains("num") ? "descending" : "ascending";
  const other: Direction = first === "descending" ? "ascending" : "descending";
  return header.getAttribute("aria-sort") === first ? other : first;
}

/** Header cells with a `.sort` button sort their table; tables that share `data-sort-group` move together. */
export function startSorting(root: Document): void {
  root.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest(".sort") : null;
    const header = button?.closest("th");
    const table = header?.closest("table");
    if (!header || !table) return;
    const direction = nextDirection(header);
    const group = table.dataset["sortGroup"];
    const tables = group ? root.querySelectorAll<HTMLTableElement>(`table[data-sort-group="${group}"]`) : [table];
    for (const each of tables) {
      each.tHead?.querySelectorAll("th[aria-sort]").forEach((th) => th.removeAttribute("aria-sort"));
      each.tHead?.rows[0]?.cells[header.cellIndex]?.setAttribute("aria-sort", direction);
      sortTable(each, header.cellIndex, direction);
    }
  });
}
