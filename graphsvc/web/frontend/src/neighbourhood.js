// The neighbourhood of a resource, explored in place: a node that is activated becomes the middle. Arrow keys go from
// node to node. Where something fails, a node is the link that it was.
const figure = document.querySelector("#page\\.around");
const start = figure ? figure.cloneNode(true) : null;
const said = document.createElement("p");
let asked = null;

function nodes() {
  return [...figure.querySelectorAll("svg a")];
}

// Show another figure in place of the present one, and go on from its middle.
function show(other) {
  figure.replaceChildren(...other.cloneNode(true).childNodes);
  const beside = figure.querySelector(".beside");
  if (other !== start) {
    const back = document.createElement("button");
    back.type = "button";
    back.textContent = `Back to ${start.querySelector(".middle a").textContent}`;
    back.addEventListener("click", () => show(start));
    beside.append(back);
  }
  said.textContent = figure.querySelector(".middle").textContent;
  figure.querySelector("svg .centre").focus();
}

async function explore(link) {
  asked?.abort();
  asked = new AbortController();
  figure.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(link.dataset.around, { headers: { Accept: "text/html" }, signal: asked.signal });
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const found = page.querySelector("#page\\.around");
    if (!found) throw new Error("nothing is linked with it");
    show(document.importNode(found, true));
  } catch (error) {
    if (error.name !== "AbortError") location.assign(link.href.baseVal ?? link.href);
  } finally {
    figure.removeAttribute("aria-busy");
  }
}

function clicked(event) {
  const link = event.target.closest("a[data-around]");
  if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  explore(link);
}

function moved(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const all = nodes();
  const here = all.indexOf(event.target.closest("svg a"));
  if (!step || here < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  all[Math.min(all.length - 1, Math.max(0, here + step))].focus();
}

if (figure) {
  said.className = "unseen";
  said.setAttribute("role", "status");
  figure.after(said);
  figure.addEventListener("click", clicked);
  figure.addEventListener("keydown", moved);
}
