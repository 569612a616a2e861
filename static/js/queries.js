// Queries: the keys of the inbox, and what a thread in the drawer changes on the page beside it. Without script every
// link here is a page and every button a post.

const { announce, typing } = window.edc;
const find = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const drawer = find("#drawer");

// Inbox ------------------------------------------------------------------------------------------------------------

const rows = () => all("[data-inbox] tr[data-query]");
const here = () => document.activeElement?.closest?.("tr[data-query]");
let last = ""; // the row whose thread is in the drawer
let wanted = ""; // what has the cursor when the thread has come

function step(by) {
  const list = rows();
  const at = list.findIndex((row) => row === here() || (!here() && row.dataset.query === last));
  const next = at < 0 ? list[by > 0 ? 0 : list.length - 1] : list[at + by];
  find("[data-open-query]", next ?? document.createElement("i"))?.focus();
}

function open(row, focus) {
  wanted = focus;
  find("[data-open-query]", row)?.click();
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (!rows().length || typing(event.target) || event.target.closest?.("#drawer") || find("dialog[open]")) return;
  const row = here() ?? rows().find((one) => one.dataset.query === last);
  const key = event.key.toLowerCase();
  if (key === "j" || key === "k") step(key === "j" ? 1 : -1);
  else if (!row) return;
  else if (key === "r") open(row, "[name=outcome], textarea");
  else if (key === "c" && find("[data-close-chosen], [name=query]")) open(row, "[data-act=close]");
  else if (key === "o") find("[data-open-form]", row)?.click();
  else return;
  event.preventDefault();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-open-query]");
  if (link) last = link.closest("tr").dataset.query;
  if (event.target.closest?.("[data-choose-all]")) {
    const boxes = all("[data-inbox] input[name=query]");
    const on = boxes.some((box) => !box.checked);
    boxes.forEach((box) => { box.checked = on; });
  }
});

function offerAll() {
  const button = find("[data-choose-all]");
  if (button) button.hidden = all("[data-inbox] input[name=query]").length < 2;
}
offerAll();

// A thread in the drawer ---------------------------------------------------------------------------------------------

/** The page as it is now; only what shows queries is taken from it, what is typed stays. */
async function refresh() {
  const form = find("#line-form") ?? find("form[data-crf]");
  const answer = await fetch(form?.getAttribute("action") ?? location.pathname + location.search, { credentials: "same-origin", headers: { "HX-Polling": "1" } });
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  all("[data-query-mark]").forEach((mark) => swap(mark, fresh, "queryMark", "query-mark"));
  all("[data-queries-at]").forEach((place) => swap(place, fresh, "queriesAt", "queries-at"));
  [["[data-inbox]"], ["[data-form-queries]"]].forEach(([selector]) => {
    const old = find(selector);
    const next = find(selector, fresh);
    if (old && next) old.replaceChildren(...document.importNode(next, true).childNodes);
  });
  const tabs = find(".hd nav.seg", fresh);
  if (find("[data-inbox]") && tabs) find(".hd nav.seg")?.replaceWith(document.importNode(tabs, true));
  offerAll();
}

function swap(old, fresh, name, attribute) {
  const next = find(`[data-${attribute}="${CSS.escape(old.dataset[name])}"]`, fresh);
  if (next && next.outerHTML !== old.outerHTML) old.replaceWith(document.importNode(next, true));
}

document.addEventListener("htmx:afterSettle", () => {
  const moved = find("#drawer-body [data-moved]") ?? find("main [data-moved]");
  if (moved && !moved.told) {
    moved.told = true;
    announce(moved.dataset.moved);
    refresh();
    find("h2", moved)?.focus();
  }
  if (wanted && drawer && !drawer.hidden) {
    (find(`#drawer-body ${wanted.split(", ").join(", #drawer-body ")}`) ?? drawer).focus();
    wanted = "";
  }
});

// "Edit value" from a thread on the page of its own form: the field is there already.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-edit-value], #drawer-body .q-facts a, [data-open-form]");
  if (!link?.hash || link.pathname !== location.pathname) return;
  const field = document.getElementById(link.hash.slice(1));
  if (!field) return;
  event.preventDefault();
  window.edc.goTo(field);
});
