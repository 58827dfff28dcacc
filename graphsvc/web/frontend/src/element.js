const SVG = "http://www.w3.org/2000/svg";

function made(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// An HTML element with attributes and children; text is text.
export function element(name, attributes = {}, ...children) {
  return made(document.createElement(name), attributes, children);
}

// The same for SVG.
export function shape(name, attributes = {}, ...children) {
  return made(document.createElementNS(SVG, name), attributes, children);
}
