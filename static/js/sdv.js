// Values beside the source, by keys: V verifies the field that has the focus, Shift+V all that remain, Q asks, the arrows
// move, J and K lead to the next and the previous form, Shift+J to the next participant. Every key presses a button or
// follows a link of the page, which works without script. Acts are sent one after the other, each with the texts that
// were shown when its key was pressed: a value that has changed since is refused by the server.

const { announce, toast, typing, text } = window.edc;
const find = (selector, root = document) => root.querySelector(selector);
const PARTS = ["sdv", "sdv-side", "sdv-bar"];

const rows = () => [...document.querySelectorAll("#sdv tr[data-value]")];
const tick = (row) => find("[data-tick]", row);
const busy = () => find("dialog[open]") || !(find("#drawer")?.hidden ?? true);

let here = "";
let queue = Promise.resolve();

function rowOf(path) {
  return rows().find((row) => row.dataset.path === path);
}

/** The field at which the keys are: the focused one, else the last one, else the first that is not verified. */
function current() {
  const focused = document.activeElement?.closest?.("#sdv tr[data-value]");
  return focused ?? rowOf(here) ?? first() ?? rows()[0];
}

/** Where to begin: what changed since it was verified, then what the plan asks, then the rest. */
function first() {
  const open = rows().filter(tick);
  return open.find((row) => row.matches(".fallen")) ?? open.find((row) => row.matches(".crit")) ?? open[0];
}

function stand(row) {
  if (!row) return;
  here = row.dataset.path;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function move(step) {
  const all = rows();
  if (!all.length) return;
  const focused = document.activeElement?.closest?.("#sdv tr[data-value]");
  const at = all.indexOf(focused ?? rowOf(here));
  stand(at < 0 ? current() : all[Math.min(Math.max(at + step, 0), all.length - 1)]);
}

/** The next field that is not verified, after this one and then from the start. */
function onward(row) {
  const all = rows();
  const at = all.indexOf(row);
  return [...all.slice(at + 1), ...all.slice(0, at)].find(tick) ?? row;
}

function show(page, quiet = false) {
  const inside = document.activeElement?.closest?.(PARTS.map((id) => `#${id}`).join(","));
  for (const id of PARTS) {
    const fresh = page.getElementById(id);
    const old = document.getElementById(id);
    if (fresh && old) old.replaceWith(document.importNode(fresh, true));
  }
  document.title = page.title;
  if (quiet) return;
  const wrong = find("#sdv .err[role=alert]");
  if (wrong) {
    wrong.tabIndex = -1;
    wrong.focus();
  } else {
    if (inside || document.activeElement === document.body) stand(rowOf(here));
    announce(find("#sdv")?.dataset.said);
  }
}

async function send(address, body) {
  const answer = await fetch(address, {
    method: "POST", body, cache: "no-store", credentials: "same-origin", headers: { "HX-Request": "true" },
  });
  if (answer.status === 401) {
    document.dispatchEvent(new CustomEvent("edc:signed-out"));
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!page.getElementById("sdv")) throw new Error(String(answer.status));
  window.edc.seen?.();
  show(page);
}

function post(form, button) {
  const body = new FormData(form);
  if (button?.name) body.set(button.name, button.value);
  queue = queue.then(() => send(form.getAttribute("action"), body)).catch(() => toast(text("failed"), "error"));
}

document.addEventListener("submit", (event) => {
  if (event.target.id !== "sdv-form") return;
  event.preventDefault();
  const row = event.submitter?.closest("tr[data-value]");
  post(event.target, event.submitter);
  if (row) stand(onward(row));
});

// A question that was asked in the drawer shows at its field.
document.addEventListener("htmx:afterSwap", async (event) => {
  if (event.detail.requestConfig?.verb !== "post") return;
  const answer = await fetch(location.pathname + location.search, { cache: "no-store", credentials: "same-origin" });
  if (answer.ok && !answer.redirected) show(new DOMParser().parseFromString(await answer.text(), "text/html"), true);
});

document.addEventListener("focusin", (event) => {
  const row = event.target.closest?.("#sdv tr[data-value]");
  if (row) here = row.dataset.path;
});

const ACTS = {
  v: () => {
    const row = current();
    const button = row && tick(row);
    if (button) {
      button.form.requestSubmit(button);
    } else {
      stand(row);
      announce(find(".said", row ?? document)?.textContent.trim());
    }
  },
  V: () => find("#sdv-bar [data-all]")?.click(),
  q: () => {
    const row = current();
    stand(row);
    find("[data-query]", row)?.click();
  },
  j: () => find('#sdv-bar [data-go="j"]')?.click(),
  k: () => find('#sdv-bar [data-go="k"]')?.click(),
  J: () => find('#sdv-bar [data-go="J"]')?.click(),
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target) || busy()) return;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (event.shiftKey || event.target.closest?.("nav, details")) return;
    event.preventDefault();
    move(event.key === "ArrowDown" ? 1 : -1);
    return;
  }
  if (event.key.length !== 1 || event.repeat) return;
  const letter = event.key.toLowerCase(); // whatever Caps Lock says, Shift decides
  const act = ACTS[event.shiftKey ? letter.toUpperCase() : letter];
  if (!act) return;
  event.preventDefault();
  act();
});

const asked = location.hash.startsWith("#v-") && document.getElementById(decodeURIComponent(location.hash.slice(1)));
if (asked) stand(asked);
else if (!find("#take-back") && !find("#sdv .err[role=alert]")) stand(first());
