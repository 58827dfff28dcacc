// What the editor offers: keywords, variables of the query, and prefixes, classes and properties of this graph.
const KEYWORDS = (
  "SELECT CONSTRUCT DESCRIBE ASK WHERE FROM NAMED GRAPH OPTIONAL UNION MINUS FILTER BIND VALUES ORDER BY GROUP " +
  "HAVING LIMIT OFFSET DISTINCT REDUCED PREFIX BASE EXISTS NOT IN AS ASC DESC UNDEF COUNT SUM MIN MAX AVG SAMPLE " +
  "GROUP_CONCAT SEPARATOR STR LANG LANGMATCHES DATATYPE BOUND IRI CONCAT STRLEN UCASE LCASE CONTAINS STRSTARTS " +
  "STRENDS STRBEFORE STRAFTER YEAR MONTH DAY COALESCE IF STRLANG STRDT SAMETERM ISIRI ISBLANK ISLITERAL ISNUMERIC " +
  "REGEX SUBSTR REPLACE NOW ABS CEIL FLOOR ROUND"
).split(" ");

// A completion source of CodeMirror. `vocabulary` gives a promise of /sparql/vocabulary.json.
export function completion(vocabulary) {
  return async (context) => {
    const before = context.matchBefore(/[?$]?[\w:./#-]*$/);
    if (!before || (before.from === before.to && !context.explicit)) return null;
    const typed = before.text;
    if (/^[?$]/.test(typed)) return { from: before.from, options: variables(context), validFor: /^[?$]\w*$/ };
    const line = context.state.doc.lineAt(context.pos);
    if (/#[^<>]*$/.test(line.text.slice(0, before.from - line.from).replace(/<[^>]*>/g, ""))) return null;
    const words = await vocabulary();
    return { from: before.from, options: options(words, context), validFor: /^[\w:.-]*$/ };
  };
}

function variables(context) {
  const found = new Set(context.state.doc.toString().match(/[?$]\w+/g) ?? []);
  const own = context.matchBefore(/[?$]\w*$/);
  if (own) found.delete(own.text);
  return [...found].map((label) => ({ label, type: "variable" }));
}

function options(words, context) {
  const keywords = KEYWORDS.map((label) => ({ label, type: "keyword", boost: -1 }));
  const prefixes = Object.entries(words.prefixes).map(([name, space]) => ({
    label: `${name}:`,
    detail: space,
    type: "namespace",
    boost: -2,
    apply: (view, _, from, to) => insert(view, from, to, `${name}:`, words),
  }));
  const terms = [
    ...words.classes.map((term) => offer(term, "class", words)),
    ...words.properties.map((term) => offer(term, "property", words)),
  ];
  return [...terms, ...keywords, ...prefixes];
}

function offer(term, type, words) {
  const prefix = term.name.split(":")[0];
  const short = /^[\w-]*:[^/]+$/.test(term.name) && words.prefixes[prefix] !== undefined;
  const text = short ? term.name : `<${term.iri}>`;
  return {
    label: text,
    detail: [term.label, term.uses ? `${term.uses}×` : "unused"].filter(Boolean).join(" · "),
    type,
    boost: term.uses ? 1 : 0,
    apply: (view, _, from, to) => insert(view, from, to, text, words),
  };
}

// Put a term in, and the PREFIX line that it needs, where that is missing.
function insert(view, from, to, text, words) {
  const prefix = text.startsWith("<") ? "" : text.split(":")[0];
  const doc = view.state.doc.toString();
  const declared = new RegExp(`PREFIX\\s+${prefix}:`, "i").test(doc);
  const heading = /PREFIX\s+[\w-]*:?$/i.test(doc.slice(0, to));
  const changes = [{ from, to, insert: text }];
  let moved = 0;
  if (heading && words.prefixes[prefix] !== undefined) {
    changes[0].insert = `${prefix}: <${words.prefixes[prefix]}>`;
  } else if (prefix && !declared && words.prefixes[prefix] !== undefined) {
    const line = `PREFIX ${prefix}: <${words.prefixes[prefix]}>\n`;
    changes.unshift({ from: 0, to: 0, insert: line });
    moved = line.length;
  }
  const anchor = from + moved + changes.at(-1).insert.length;
  view.dispatch({ changes, selection: { anchor }, userEvent: "input.complete" });
}
