// The editor for SPARQL: a CodeMirror in a shadow root in front of the form's text area, which stays what is sent.
//
// In a shadow root CodeMirror's styles are constructed sheets, which the page's Content-Security-Policy allows.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, HighlightStyle, indentOnInput, StreamLanguage, syntaxHighlighting } from "@codemirror/language";
import { sparql } from "@codemirror/legacy-modes/mode/sparql";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { completion } from "./completion.js";

const theme = EditorView.theme({
  "&": {
    color: "var(--text)",
    backgroundColor: "var(--ground)",
    border: "1px solid var(--strong-line)",
    borderRadius: "4px",
    fontSize: "0.875rem",
  },
  "&.cm-focused": { outline: "3px solid var(--link)", outlineOffset: "2px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5", maxHeight: "32rem", minHeight: "12rem" },
  ".cm-content": { caretColor: "var(--text)" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { color: "var(--quiet)", backgroundColor: "var(--panel)", border: "none" },
  ".cm-activeLine": { backgroundColor: "transparent" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--mark)",
  },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--mark)", outline: "1px solid var(--strong-line)" },
  ".cm-tooltip": { color: "var(--text)", backgroundColor: "var(--panel)", border: "1px solid var(--strong-line)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxWidth: "min(90vw, 40rem)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { color: "var(--ground)", backgroundColor: "var(--accent)" },
  ".cm-completionDetail": { fontStyle: "normal", opacity: "0.8" },
  ".cm-diagnostic": { maxWidth: "36rem", whiteSpace: "pre-wrap" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--bad)", textUnderlineOffset: "0.2em" },
});
const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--accent)", fontWeight: "600" },
  { tag: [tags.standard(tags.variableName), tags.modifier], color: "var(--accent)" },
  { tag: tags.local(tags.variableName), color: "var(--warn)" },
  { tag: tags.string, color: "var(--good)" },
  { tag: tags.atom, color: "var(--link)" },
  { tag: tags.comment, color: "var(--quiet)", fontStyle: "italic" },
  { tag: tags.meta, color: "var(--quiet)" },
]);

// Text typed over a selection is put in here. Chromium would put it in with a style attribute, to keep the colour of
// what it replaces, which the page's policy refuses, and says so on the console.
function typeOver(event, view) {
  const { from, to, empty } = view.state.selection.main;
  if (event.inputType !== "insertText" || !event.data || empty || view.composing) return false;
  const insert = () => view.state.update(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
  const handlers = view.state.facet(EditorView.inputHandler);
  if (!handlers.some((handle) => handle(view, from, to, event.data, insert))) view.dispatch(insert());
  event.preventDefault();
  return true;
}

export class Editor {
  // `area` is the text area, `vocabulary` a function that gives a promise of what to complete, `run` what
  // Ctrl+Enter does.
  constructor(area, vocabulary, run) {
    this.area = area;
    const host = document.createElement("div");
    host.className = "editor";
    area.after(host);
    const root = host.attachShadow({ mode: "open" });
    const start = keymap.of([{ key: "Mod-Enter", run: () => (run(), true) }]);
    this.view = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: area.value,
        extensions: [
          start,
          lineNumbers(),
          lintGutter(),
          history(),
          drawSelection(),
          highlightSpecialChars(),
          highlightActiveLine(),
          indentOnInput(),
          bracketMatching(),
          closeBrackets(),
          StreamLanguage.define(sparql),
          syntaxHighlighting(colours),
          autocompletion({ override: [completion(vocabulary)] }),
          // Tab leaves the editor, as in any other field.
          keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap]),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({
            "aria-label": "SPARQL query",
            autocapitalize: "off",
            spellcheck: "false",
          }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) area.value = update.state.doc.toString();
          }),
          EditorView.domEventHandlers({ beforeinput: typeOver }),
          theme,
        ],
      }),
    });
    area.hidden = true;
    area.required = false;
    document.querySelector(`label[for="${area.id}"]`)?.addEventListener("click", () => this.view.focus());
  }

  get text() {
    return this.view.state.doc.toString();
  }

  set text(text) {
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } });
  }

  // Underline what is wrong: `line` and `column` count from 1, columns in characters as the service counts them.
  mark(line, column, message) {
    const doc = this.view.state.doc;
    const at = doc.line(Math.min(Math.max(line, 1), doc.lines));
    const before = Array.from(at.text).slice(0, column - 1).join("").length;
    const from = Math.min(at.from + before, at.to);
    const word = /^[^\s{}()[\].;,]+/.exec(at.text.slice(from - at.from));
    const to = Math.min(from + (word ? word[0].length : 1), doc.length);
    const diagnostic = { from: Math.min(from, to), to, severity: "error", message };
    this.view.dispatch(setDiagnostics(this.view.state, [diagnostic]));
    this.view.dispatch({ selection: { anchor: diagnostic.from }, scrollIntoView: true });
    this.view.focus();
  }

  unmark() {
    this.view.dispatch(setDiagnostics(this.view.state, []));
  }
}
