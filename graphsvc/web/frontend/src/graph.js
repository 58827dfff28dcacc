// Triples as nodes and arrows, laid out by forces. Each node can be reached by Tab, and is a link where it is one.
import { element, shape } from "./element.js";
import { called } from "./table.js";

const MOST = 120;
const TRIPLES = [["s", "p", "o"], ["subject", "predicate", "object"], ["subject", "property", "value"]];

// Whether the columns are those of triples.
export function drawable({ columns, rows }) {
  return rows.length > 0 && triples(columns) !== null;
}

function triples(columns) {
  const names = columns.map((name) => name.toLowerCase());
  const found = TRIPLES.find((three) => three.every((name) => names.includes(name)));
  return found ? found.map((name) => names.indexOf(name)) : null;
}

export function drawGraph(panel, { columns, rows }) {
  const [s, p, o] = triples(columns);
  const nodes = new Map();
  const edges = [];
  const node = (cell) => {
    const key = cell.iri || `${cell.text}|${cell.datatype}`;
    if (!nodes.has(key)) nodes.set(key, { cell, says: [], literal: !cell.iri && !cell.text.startsWith("_:") });
    return nodes.get(key);
  };
  for (const row of rows) {
    if (!row[s] || !row[p] || !row[o]) continue;
    if (edges.length >= MOST) break;
    const edge = { from: node(row[s]), to: node(row[o]), name: called(row[p], 24) };
    edge.from.says.push(`${edge.name} ${called(row[o], 40)}`);
    edges.push(edge);
  }
  const all = [...nodes.values()];
  const width = Math.max(320, Math.min(panel.clientWidth || 900, 1100));
  const height = Math.min(720, Math.max(320, 200 + all.length * 18));
  layOut(all, edges, width, height);
  spread(all, height);
  const svg = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": `Graph of ${all.length} nodes and ${edges.length} arrows` });
  svg.append(
    shape("defs", {}, shape("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 14, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" },
      shape("path", { d: "M0 0 8 4 0 8z", class: "head" }))),
  );
  for (const { from, to, name } of edges) {
    svg.append(
      shape("line", { class: "edge", x1: from.x, y1: from.y, x2: to.x, y2: to.y, "marker-end": "url(#arrow)" }),
      edges.length <= 40 ? shape("text", { class: "property", x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 - 3, "text-anchor": "middle" }, name) : "",
    );
  }
  for (const one of all) svg.append(drawn(one, width));
  const cut = rows.length > MOST ? ` The first ${MOST} triples.` : "";
  panel.append(element("figure", { class: "graph" }, svg, element("figcaption", {}, `${all.length} nodes, ${edges.length} arrows.${cut}`)));
}

function drawn({ cell, says, literal, x, y }, width) {
  const name = called(cell, literal ? 24 : 30);
  const about = [cell.label || cell.text, ...says].join("; ");
  const end = x + 18 + name.length * 7 > width && x > width / 3;
  const parts = [
    shape("title", {}, about),
    literal
      ? shape("rect", { class: "literal", x: x - 5, y: y - 5, width: 10, height: 10 })
      : shape("circle", { class: "node", cx: x, cy: y, r: 7 }),
    shape("text", { x: end ? x - 11 : x + 11, y: y + 4, "text-anchor": end ? "end" : "start" }, name),
  ];
  return cell.href
    ? shape("a", { href: cell.href, "aria-label": about }, ...parts)
    : shape("g", { tabindex: "0", role: "img", "aria-label": about }, ...parts);
}

// Fruchterman and Reingold's forces, from a circle, so that the same triples always look the same.
function layOut(nodes, edges, width, height) {
  const wish = Math.sqrt((width * height) / Math.max(nodes.length, 1)) * 0.9;
  nodes.forEach((node, index) => {
    const angle = (2 * Math.PI * index) / nodes.length;
    const ring = 0.3 + 0.15 * (index % 2);
    node.x = width / 2 + Math.cos(angle) * width * ring;
    node.y = height / 2 + Math.sin(angle) * height * ring;
  });
  for (let heat = Math.min(width, height) / 8; heat > 0.5; heat *= 0.97) {
    for (const node of nodes) [node.dx, node.dy] = [(width / 2 - node.x) * 0.02, (height / 2 - node.y) * 0.04];
    for (let i = 0; i < nodes.length; i += 1) {
      for (let j = i + 1; j < nodes.length; j += 1) push(nodes[i], nodes[j], (far) => (wish * wish) / far);
    }
    for (const { from, to } of edges) if (from !== to) push(from, to, (far) => -(far * far) / wish);
    for (const node of nodes) {
      const far = Math.hypot(node.dx, node.dy) || 1;
      const step = Math.min(far, heat);
      node.x = Math.min(width - 24, Math.max(24, node.x + (node.dx / far) * step));
      node.y = Math.min(height - 16, Math.max(20, node.y + (node.dy / far) * step));
    }
  }
}

// Move nodes whose names would lie on one another apart.
function spread(nodes, height) {
  for (let round = 0; round < 80; round += 1) {
    for (let i = 0; i < nodes.length; i += 1) {
      for (let j = i + 1; j < nodes.length; j += 1) {
        const [a, b] = nodes[i].y <= nodes[j].y ? [nodes[i], nodes[j]] : [nodes[j], nodes[i]];
        const near = 20 - (b.y - a.y);
        if (near <= 0 || Math.abs(a.x - b.x) > 210) continue;
        a.y = Math.max(20, a.y - near / 2);
        b.y = Math.min(height - 16, b.y + near / 2);
      }
    }
  }
}

function push(a, b, force) {
  const [x, y] = [a.x - b.x || 0.1, a.y - b.y || 0.1];
  const far = Math.max(Math.hypot(x, y), 1);
  const [dx, dy] = [(x / far) * force(far), (y / far) * force(far)];
  a.dx += dx;
  a.dy += dy;
  b.dx -= dx;
  b.dy -= dy;
}
