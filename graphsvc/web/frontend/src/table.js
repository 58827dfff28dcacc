// The table that the service sent, as values: columns, and for each row a cell or null for each column.
const NUMERIC = /^xsd:(integer|decimal|double|float|int|long|short|byte|(non(Nega|Posi)|nega|posi)tiveInteger|unsigned\w+)$/;

export function readTable(section) {
  const table = section.querySelector(".wide table");
  if (!table) return null;
  const columns = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
  const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].map(readCell));
  return { columns, rows };
}

function readCell(cell) {
  const shown = cell.firstElementChild;
  if (!shown || shown.matches(".unbound")) return null;
  const datatype = cell.querySelector(".datatype")?.textContent ?? "";
  const label = cell.querySelector(".called")?.textContent ?? "";
  const number = NUMERIC.test(datatype) ? Number(shown.textContent) : NaN;
  return { text: shown.textContent, iri: shown.title, href: shown.getAttribute("href"), label, datatype, number };
}

// What a cell is called where there is little room.
export function called(cell, most = 32) {
  if (!cell) return "";
  let text = cell.label || cell.text;
  if (!cell.label && cell.iri && /^\w+:\/\//.test(text)) text = text.replace(/[/#]$/, "").split(/[/#]/).pop();
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
