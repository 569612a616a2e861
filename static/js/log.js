// A log with its lines in a drawer: the table stays visible, the focus moves in and returns, the address names the line
// (#line-3). Without script every line is a page of its own.

const { announce, typing, focusable } = window.edc;
const find = (selector, root = document) => root.querySelector(selector);
const drawer = find("#line");
const body = find("#line-body");
let cameFrom = null;
let shown = "";

const rows = () => [...document.querySelectorAll("[data-log-table] tr[data-line]")];
const linkOf = (number) => find(`[data-log-table] tr[data-line="${CSS.escape(String(number))}"] [data-line-link]`);
const isOpen = () => !drawer.hidden;

function show(address) {
  window.htmx.ajax("GET", address, { target: "#line-body", swap: "innerHTML" });
}

function close() {
  if (!isOpen()) return;
  const number = shown;
  drawer.hidden = true;
  shown = "";
  body.replaceChildren();
  document.body.classList.remove("with-line");
  history.replaceState(null, "", location.pathname + location.search);
  refresh().then(() => (linkOf(number) ?? (cameFrom?.isConnected ? cameFrom : find("[data-add-line] button")))?.focus());
}

/** The table as it is now; the line that is open stays marked. */
async function refresh() {
  const answer = await fetch(location.pathname + location.search, { credentials: "same-origin" });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = find("[data-log-table]", page);
  const old = find("[data-log-table]");
  if (fresh && old) old.replaceWith(document.importNode(fresh, true));
  mark();
}

function mark() {
  rows().forEach((row) => row.classList.toggle("open", isOpen() && row.dataset.line === shown));
}

// What arrives in the drawer is the form of a line.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== body) return;
  const form = find("[data-line-form]", body);
  if (!form) return;
  const posted = event.detail.requestConfig?.verb === "post";
  if (!isOpen()) cameFrom = document.activeElement;
  drawer.hidden = false;
  shown = form.dataset.lineForm;
  document.body.classList.add("with-line");
  history.replaceState(null, "", `#line-${shown}`);
  drawer.setAttribute("aria-labelledby", "line-title");
  const title = find("h2", body);
  title.id = "line-title";
  drawer.scrollTop = 0;
  const said = find("[data-line-state]", body)?.textContent.trim();
  const wrong = find(".err[role=alert], .reason[role=alert]", body);
  if (wrong) wrong.focus();
  else if (said) {
    announce(said);
    title.focus();
  } else (focusable(form) ?? title).focus();
  if (posted) refresh();
  else mark();
});

document.addEventListener("click", (event) => {
  const target = event.target;
  if (!target.closest) return;
  if (target.closest("[data-line-close]")) {
    close();
    return;
  }
  const link = target.closest("a[data-line-link]");
  const row = target.closest("[data-log-table] tr[data-line]");
  const chosen = link ?? (row && !target.closest("a, button, input, summary") && !String(getSelection()) ? find("[data-line-link]", row) : null);
  if (!chosen || event.button || event.ctrlKey || event.metaKey || event.shiftKey || !window.htmx) return;
  event.preventDefault();
  cameFrom = chosen;
  show(chosen.href);
});

// Adding and copying answer with the new line's form.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-add-line], [data-copy-line]") || !window.htmx) return;
  event.preventDefault();
  event.stopPropagation();
  cameFrom = document.activeElement;
  window.htmx.ajax("POST", form.action, { target: "#line-body", swap: "innerHTML" });
}, true);

// Keys: in the drawer Esc, Ctrl+S and Ctrl+Enter belong to the line; in the table the arrows, E and A.
document.addEventListener("keydown", (event) => {
  if (!isOpen() || event.isComposing || find("dialog[open]") || !find("#drawer").hidden) return;
  if (event.key === "Escape" && !find("details[data-menu][open]")) {
    event.stopImmediatePropagation();
    event.preventDefault();
    close();
  } else if ((event.ctrlKey || event.metaKey) && !event.altKey && (event.key.toLowerCase() === "s" || event.key === "Enter")) {
    const act = event.key === "Enter" ? "complete" : "save";
    const button = find(`[data-line-form] [data-act="${act}"]`, body);
    event.stopImmediatePropagation();
    event.preventDefault();
    document.activeElement?.blur?.();
    button?.click(); // htmx sends the name of the button that was clicked
  }
}, true);

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || find("dialog[open]")) return;
  if (typing(event.target) || event.target.closest?.(".line-drawer, form[data-crf]")) return;
  const here = event.target.closest?.("tr[data-line]");
  const all = rows();
  if (event.key.toLowerCase() === "a") {
    const button = find("[data-add-line] button");
    if (!button) return;
    event.preventDefault();
    button.form.requestSubmit(button);
  } else if (event.key.toLowerCase() === "e" && here) {
    event.preventDefault();
    find("[data-line-link]", here).click();
  } else if (["ArrowDown", "ArrowUp", "j", "k"].includes(event.key)) {
    const step = event.key === "ArrowDown" || event.key === "j" ? 1 : -1;
    const next = here ? all[all.indexOf(here) + step] : all[step > 0 ? 0 : all.length - 1];
    if (!next || (!here && event.target !== document.body && !event.target.matches("main, [data-add-line] button"))) return;
    event.preventDefault();
    find("[data-line-link]", next).focus();
  }
});

const asked = /^#line-(\d+)$/.exec(location.hash);
if (asked && linkOf(asked[1])) {
  cameFrom = linkOf(asked[1]);
  if (window.htmx) show(cameFrom.href);
  else window.addEventListener("load", () => show(cameFrom.href), { once: true });
}
