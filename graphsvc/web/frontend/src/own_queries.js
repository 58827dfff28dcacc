// The visitor's own last queries. They stay in this browser, and no request carries them.
import { element } from "./element.js";

const KEY = "graphsvc.queries";
const MOST = 12;

function read() {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.filter((one) => typeof one === "string") : [];
  } catch {
    return []; // storage that is switched off, or what another page left there
  }
}

function write(queries) {
  try {
    localStorage.setItem(KEY, JSON.stringify(queries));
  } catch {
    // Without room or leave to store anything, there is just no list.
  }
}

export function remember(text) {
  if (text.length > 20_000) return;
  write([text, ...read().filter((one) => one !== text)].slice(0, MOST));
}

function gist(text) {
  const lines = text.split("\n").map((line) => line.trim());
  const telling = lines.filter((line) => line && !/^(PREFIX|BASE|#)/i.test(line)).join(" ");
  return telling.length > 110 ? `${telling.slice(0, 110)} …` : telling || text.slice(0, 110);
}

// Show the list in `place`, which is hidden as long as there is none; `choose` gets the text that is picked.
export function showOwn(place, choose) {
  const queries = read();
  place.hidden = queries.length === 0;
  const items = queries.map((text) => {
    const pick = element("button", { type: "button", class: "plain" }, gist(text));
    pick.addEventListener("click", () => choose(text));
    return element("li", {}, pick);
  });
  const forget = element("button", { type: "button" }, "Forget them");
  forget.addEventListener("click", () => {
    write([]);
    showOwn(place, choose);
  });
  place.replaceChildren(
    element("h2", {}, "Your last queries"),
    element("p", { class: "hint" }, "Kept in this browser only. ", forget),
    element("ol", {}, ...items),
  );
}
