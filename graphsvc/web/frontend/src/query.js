// The query page: an editor, answers without leaving the page, views of them, and a way to stop.
//
// Without this the form works as any form does. What it shows is what the service sends as a page; only charts and
// graphs are drawn here.
import { Editor } from "./sparql_editor.js";
import { element } from "./element.js";
import { Outcome } from "./outcome.js";
import { remember, showOwn } from "./own_queries.js";

const form = document.querySelector("form.query");
const area = document.getElementById("query");
const base = form.getAttribute("action");
let vocabulary;

function words() {
  vocabulary ??= fetch(`${base}/vocabulary.json`)
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(String(answer.status)))))
    .catch(() => {
      vocabulary = undefined; // the next key asks again
      return { prefixes: {}, classes: [], properties: [] };
    });
  return vocabulary;
}

const editor = new Editor(area, words, () => run());
const outcome = new Outcome(document.getElementById("outcome"), () => fields());
const [button, post] = form.querySelectorAll("button");
const stop = element("button", { type: "button", disabled: "", class: "stop" }, "Stop");
const state = element("span", { role: "status", class: "state" });
post.hidden = true;
document.getElementById("query.ways").hidden = true;
button.after(" ", stop, " ", state);
let under_way = null;

function fields() {
  return [...new FormData(form)].filter(([name]) => name !== "format");
}

function address(pairs, format) {
  return `${base}?${new URLSearchParams(format ? [...pairs, ["format", format]] : pairs)}`;
}

form.addEventListener("submit", (event) => {
  // A file is the browser's to save.
  if (form.elements.format.value || event.submitter === post) return;
  event.preventDefault();
  run();
});
stop.addEventListener("click", () => under_way?.abort());

async function run({ push = true } = {}) {
  under_way?.abort();
  const own = (under_way = new AbortController());
  editor.unmark();
  stop.disabled = false;
  state.textContent = "Running …";
  const pairs = fields();
  const link = address(pairs);
  const began = performance.now();
  try {
    const answer = await fetch(base, {
      method: "POST",
      headers: { Accept: "text/html" },
      body: new URLSearchParams(pairs),
      signal: own.signal,
    });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const seconds = (performance.now() - began) / 1000;
    if (under_way !== own) return;
    outcome.show(page, { seconds, link: link.length > 6000 ? null : link, ok: answer.ok });
    document.title = page.title;
    if (answer.ok) remember(editor.text);
    if (push && link.length <= 6000) window.history.pushState(null, "", link + window.location.hash);
    state.textContent = answer.ok ? `Done in ${seconds.toFixed(2)} s.` : "There is something wrong.";
    mark();
    showOwn(own_list, choose);
  } catch (error) {
    if (under_way !== own) return;
    const stopped = error.name === "AbortError";
    state.textContent = stopped ? "Stopped." : "The service could not be reached.";
  } finally {
    if (under_way === own) {
      under_way = null;
      stop.disabled = true;
    }
  }
}

function mark() {
  const fault = outcome.place.querySelector("[data-line]");
  if (fault) editor.mark(Number(fault.dataset.line), Number(fault.dataset.column || 1), fault.dataset.message);
}

function choose(text) {
  editor.text = text;
  editor.unmark();
  editor.view.focus();
  form.scrollIntoView({ block: "start" });
}

const own_list = document.getElementById("own.queries");
showOwn(own_list, choose);
document.getElementById("editor.keys").hidden = false;
for (const link of document.querySelectorAll("a[data-example]")) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    choose(new URL(link.href).searchParams.get("query"));
    run();
  });
}
window.addEventListener("popstate", () => window.location.reload());
outcome.enhance(null);
mark();
