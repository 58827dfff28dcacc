// Bars or a line for a column of numbers. The table beside it says the same in words.
import { element, shape } from "./element.js";
import { called } from "./table.js";

const MOST = 100;

// The columns that hold numbers alone, and at least one.
export function chartable({ columns, rows }) {
  return columns
    .map((_, index) => index)
    .filter((index) => {
      const cells = rows.map((row) => row[index]).filter(Boolean);
      return cells.length > 0 && cells.every((cell) => Number.isFinite(cell.number));
    });
}

export function drawChart(panel, table) {
  const numbers = chartable(table);
  const others = table.columns.map((_, index) => index).filter((index) => !numbers.includes(index));
  const first = others.find((index) => /label|name|title/i.test(table.columns[index])) ?? others[0] ?? numbers[0];
  const pick = (id, text, indexes, chosen) => {
    const options = indexes.map((index) => new Option(table.columns[index], index, false, index === chosen));
    const select = element("select", { id }, ...options);
    return [select, element("label", { for: id }, `${text} `), select];
  };
  const all = table.columns.map((_, index) => index);
  const [value, ...valueField] = pick("chart.value", "Values", numbers, numbers.at(-1));
  const [label, ...labelField] = pick("chart.label", "by", all, first);
  const kinds = [new Option("bars", "bars"), new Option("a line", "line")];
  const kind = element("select", { id: "chart.kind" }, ...kinds);
  const drawing = element("figure", { class: "chart" });
  const draw = () => {
    const points = table.rows
      .filter((row) => row[value.value])
      .slice(0, MOST)
      .map((row) => ({ name: called(row[label.value], 40), number: row[value.value].number }));
    const names = `${table.columns[value.value]} by ${table.columns[label.value]}`;
    const cut = table.rows.length > MOST ? ` The first ${MOST} rows.` : "";
    const width = Math.max(280, Math.min(panel.clientWidth || 900, 900));
    const svg = (kind.value === "line" ? line : bars)(points, width);
    svg.setAttribute("aria-label", `Chart: ${names}, ${points.length} values. ${extremes(points)}`);
    drawing.replaceChildren(svg, element("figcaption", {}, `${names}.${cut}`));
  };
  for (const field of [value, label, kind]) field.addEventListener("change", draw);
  panel.append(
    element("p", { class: "controls" }, ...valueField, " ", ...labelField, " ",
      element("label", { for: "chart.kind" }, "as "), kind),
    drawing,
  );
  draw();
}

function extremes(points) {
  if (!points.length) return "";
  const sorted = [...points].sort((a, b) => a.number - b.number);
  return `Least: ${sorted[0].name}, ${sorted[0].number}; most: ${sorted.at(-1).name}, ${sorted.at(-1).number}.`;
}

function frame(width, height) {
  return shape("svg", { role: "img", width, height, viewBox: `0 0 ${width} ${height}` });
}

function bars(points, width) {
  const step = 26;
  const svg = frame(width, points.length * step + 6);
  const room = Math.min(width * 0.42, 280);
  const least = Math.min(0, ...points.map((point) => point.number));
  const most = Math.max(0, ...points.map((point) => point.number));
  const span = width - room - 60;
  const at = (number) => room + ((number - least) / (most - least || 1)) * span;
  const letters = Math.floor(room / 7.6);
  points.forEach(({ name, number }, index) => {
    const y = index * step + 4;
    const short = name.length > letters ? `${name.slice(0, letters - 1)}…` : name;
    const from = Math.min(at(0), at(number));
    svg.append(
      shape("g", {},
        shape("title", {}, `${name}: ${number}`),
        shape("text", { x: room - 8, y: y + 14, "text-anchor": "end" }, short),
        shape("rect", { class: "bar", x: from, y, width: Math.max(1, Math.abs(at(number) - at(0))), height: step - 8 }),
        shape("text", { x: Math.max(at(number), at(0)) + 6, y: y + 14, class: "value" }, number.toLocaleString("en")),
      ),
    );
  });
  return svg;
}

function line(points, width) {
  const height = 320;
  const [left, right, top, bottom] = [64, width - 16, 12, height - 56];
  const svg = frame(width, height);
  const least = Math.min(0, ...points.map((point) => point.number));
  const most = Math.max(0, ...points.map((point) => point.number));
  const x = (index) => left + (points.length < 2 ? 0.5 : index / (points.length - 1)) * (right - left);
  const y = (number) => bottom - ((number - least) / (most - least || 1)) * (bottom - top);
  for (let tick = 0; tick <= 4; tick += 1) {
    const number = least + ((most - least) * tick) / 4;
    svg.append(
      shape("line", { class: "grid", x1: left, x2: right, y1: y(number), y2: y(number) }),
      shape("text", { x: left - 8, y: y(number) + 4, "text-anchor": "end" }, Number(number.toPrecision(3)).toLocaleString("en")),
    );
  }
  svg.append(shape("polyline", { class: "line", points: points.map((p, i) => `${x(i)},${y(p.number)}`).join(" ") }));
  const every = Math.ceil(points.length / Math.max(1, Math.floor((right - left) / 90)));
  points.forEach(({ name, number }, index) => {
    svg.append(shape("circle", { class: "dot", cx: x(index), cy: y(number), r: 4 }, shape("title", {}, `${name}: ${number}`)));
    if (index % every === 0) {
      const short = name.length > 13 ? `${name.slice(0, 12)}…` : name;
      const anchor = index === 0 ? "start" : index === points.length - 1 ? "end" : "middle";
      svg.append(shape("text", { x: x(index), y: bottom + 22, "text-anchor": anchor }, short));
    }
  });
  return svg;
}
