// The answer on the page: what the service sent, and other views of it.
import { chartable, drawChart } from "./chart.js";
import { element } from "./element.js";
import { drawGraph, drawable } from "./graph.js";
import { readTable } from "./table.js";

const HEADING = "Query this graph";
const LONGEST = 2_000_000;

export class Outcome {
  // `fields` gives the pairs that ask the same query again, in another format.
  constructor(place, fields) {
    this.place = place;
    this.fields = fields;
    document.getElementById("query.heading")?.remove();
    document.querySelector("form.query").after(place);
  }

  // Show the answer, or the problem, of a page that was fetched.
  show(page, about) {
    const found = page.getElementById("outcome");
    this.title = page.querySelector("h1")?.textContent ?? page.title;
    const problem = element("div", { class: "problem", role: "alert" });
    this.place.replaceChildren(...(found && found.childElementCount ? found.childNodes : [problem]));
    this.enhance(about);
  }

  // Add the views, and how long it took, to an answer that is on the page.
  enhance(about) {
    const section = this.place.querySelector("section[data-form]");
    this.name();
    if (!section) return;
    if (about) {
      section.querySelector(".facts")?.append(` · ${about.seconds.toFixed(2)} s, network included`);
    }
    this.asked = this.fields();
    this.panels(section);
    const why = section.querySelector("a.whyempty");
    why?.addEventListener("click", (event) => this.explain(event, why));
  }

  // The heading of an error's page says what is wrong; here that belongs to the answer, and the page keeps its own.
  name() {
    const heading = document.querySelector("h1");
    const problem = this.place.querySelector(".problem");
    const title = this.title ?? heading.textContent;
    if (problem && title !== HEADING) problem.prepend(element("p", {}, element("strong", {}, title)));
    heading.textContent = HEADING;
  }

  // The views as tabs. https://www.w3.org/WAI/ARIA/apg/patterns/tabs/
  panels(section) {
    const views = this.views(section);
    if (views.length < 2) return;
    const list = element("div", { role: "tablist", "aria-label": "Views of the answer", class: "tabs" });
    const panels = views.map((view) => {
      const panel = element("div", { role: "tabpanel", id: `view.${view.name}`, "aria-labelledby": `tab.${view.name}` });
      const tab = element("button", {
        type: "button", role: "tab", id: `tab.${view.name}`, "aria-controls": panel.id,
      }, view.label);
      tab.addEventListener("click", () => choose(view.name, true));
      list.append(tab);
      return { ...view, tab, panel, drawn: false };
    });
    const choose = (name, told) => {
      for (const one of panels) {
        const chosen = one.name === name;
        one.tab.setAttribute("aria-selected", String(chosen));
        one.tab.tabIndex = chosen ? 0 : -1;
        one.panel.hidden = !chosen;
        if (chosen && !one.drawn) {
          one.drawn = true;
          one.draw(one.panel);
        }
      }
      if (told) window.history.replaceState(null, "", name === panels[0].name ? "#" : `#${name}`);
    };
    list.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const here = panels.findIndex((one) => one.tab === document.activeElement);
      const next = panels[(here + step + panels.length) % panels.length];
      choose(next.name, true);
      next.tab.focus();
    });
    section.append(list, ...panels.map((one) => one.panel));
    // The table is on the page already, and moves to its place whichever view is chosen.
    panels[0].panel.append(section.querySelector(".wide, .verdict"));
    const wanted = window.location.hash.slice(1);
    choose(panels.some((one) => one.name === wanted) ? wanted : panels[0].name, false);
  }

  views(section) {
    const table = readTable(section);
    const first = section.querySelector(".wide, .verdict");
    if (!first) return [];
    const graph = ["CONSTRUCT", "DESCRIBE"].includes(section.dataset.form);
    const views = [{ name: "table", label: first.matches(".verdict") ? "Answer" : "Table", draw: () => {} }];
    if (table && chartable(table).length) {
      views.push({ name: "chart", label: "Chart", draw: (panel) => drawChart(panel, table) });
    }
    if (table && drawable(table)) {
      views.push({ name: "graph", label: "Graph", draw: (panel) => drawGraph(panel, table) });
    }
    if (graph) views.push({ name: "turtle", label: "Turtle", draw: (panel) => this.fetched(panel, "ttl") });
    const raw = graph ? "jsonld" : "json";
    views.push({ name: "raw", label: graph ? "JSON-LD" : "Raw JSON", draw: (panel) => this.fetched(panel, raw) });
    return views;
  }

  // The same answer as text in a format.
  async fetched(panel, format) {
    const text = element("pre", { tabindex: "0", class: "raw" }, "…");
    panel.append(text);
    try {
      const form = document.querySelector("form.query");
      const body = new URLSearchParams([...this.asked, ["format", format]]);
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body });
      const found = await answer.text();
      text.textContent = found.length > LONGEST ? `${found.slice(0, LONGEST)}\n… (the download has all of it)` : found;
    } catch {
      text.textContent = "The service could not be reached.";
    }
  }

  async explain(event, link) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const said = element("div", { role: "status", class: "explanation" }, "Looking …");
    link.parentElement.after(said);
    link.parentElement.remove();
    try {
      const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = page.querySelector("section.whyempty") ?? page.querySelector("main");
      said.replaceChildren(element("h3", {}, "Why is it empty?"), ...found.childNodes);
      for (const heading of said.querySelectorAll("h2")) {
        heading.replaceWith(element("h4", {}, heading.textContent));
      }
    } catch {
      said.textContent = "The service could not be reached.";
    }
  }
}
