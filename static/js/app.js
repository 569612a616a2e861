// What every page needs: htmx manners, drawer, dialogs, menus, messages, shortcuts, times, the end of the session.
// Nothing is kept in the browser. Everything here also works as plain links and forms without script.

const page = document;
const find = (selector, root = page) => root.querySelector(selector);
const all = (selector, root = page) => [...root.querySelectorAll(selector)];
const lang = page.documentElement.lang || "en";

/** A sentence of frame/texts.html; %s becomes `value`. */
function text(key, value = "") {
  const said = find("#texts")?.dataset[key] ?? "";
  return said.replace("%s", value);
}

const saying = [];

/** Tell readers of the screen; the same sentence twice is still said twice, two at once become one. */
function announce(sentence) {
  const voice = find("#announcer");
  if (!voice || !sentence) return;
  if (!saying.length) {
    voice.textContent = "";
    setTimeout(() => { voice.textContent = saying.splice(0).join(". "); }, 60);
  }
  saying.push(sentence);
}

function toast(sentence, level = "info") {
  const box = page.createElement("div");
  box.className = `toast-x ${level}`;
  if (level === "info" || level === "success") box.dataset.fades = "";
  const words = page.createElement("span");
  words.textContent = sentence;
  const close = page.createElement("button");
  close.type = "button";
  close.className = "icon-btn";
  close.dataset.dismiss = "";
  close.setAttribute("aria-label", text("close"));
  close.textContent = "×";
  box.append(words, close);
  find("#toasts")?.append(box);
  fade(box);
}

function fade(box) {
  if ("fades" in box.dataset) setTimeout(() => box.remove(), 8000);
}

/** True while a person types, so that single keys mean letters. */
function typing(target) {
  return target.isContentEditable || (target.matches?.("input, textarea, select") && !target.matches("[type=radio], [type=checkbox], [type=button], [type=submit]"));
}

function token() {
  return find('meta[name="csrf-token"]')?.content ?? "";
}

/** The first thing in `root` that takes the focus. */
function focusable(root) {
  return find('input:not([type=hidden]):not(:disabled), select:not(:disabled), textarea:not(:disabled), button:not(:disabled), a[href], [tabindex="0"]', root);
}

/** Scroll to a field and put the cursor into it. */
function goTo(field) {
  if (!field) return;
  field.scrollIntoView({ block: "center" });
  const checked = find("input:checked", field);
  const input = checked ?? find("input:not([type=hidden]):not(:disabled), select:not(:disabled), textarea:not(:disabled)", field) ?? focusable(field);
  input?.focus({ preventScroll: true });
}

/** After a new sign-in the forms of this page need the new token. Tells whether this person is signed in. */
function takeToken(answered) {
  const fresh = answered.querySelector('meta[name="csrf-token"]')?.content;
  const person = (from) => from.querySelector('meta[name="person"]')?.content ?? "";
  if (!fresh || !person(answered)) return "out";
  if (person(answered) !== person(page)) return "other";
  find('meta[name="csrf-token"]').content = fresh;
  all('input[name="csrfmiddlewaretoken"]').forEach((input) => { input.value = fresh; });
  return "in";
}

const parsed = (html) => new DOMParser().parseFromString(html, "text/html");

async function renew() {
  const answer = await fetch("/account/", { cache: "no-store" });
  return takeToken(parsed(await answer.text())) === "in";
}

window.edc = { text, announce, toast, typing, token, focusable, goTo, lang, renew };

// htmx ---------------------------------------------------------------------------------------------------------

// htmx notes the address of the page in the browser, and addresses name participants.
function forgetAddress() {
  try { window.sessionStorage.removeItem("htmx-current-path-for-history"); } catch { /* nothing can be kept at all */ }
}
forgetAddress();
["htmx:pushedIntoHistory", "htmx:replacedInHistory", "htmx:historyRestore"].forEach((event) => page.addEventListener(event, forgetAddress));

let waiting = 0;
let busyTimer = 0;
let slowTimer = 0;

function busy(step) {
  waiting = Math.max(0, waiting + step);
  clearTimeout(busyTimer);
  clearTimeout(slowTimer);
  if (waiting) {
    busyTimer = setTimeout(() => find("#busy")?.classList.add("on"), 300);
    slowTimer = setTimeout(() => announce(text("working")), 3000);
  } else {
    find("#busy")?.classList.remove("on");
  }
}

page.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token();
});
page.addEventListener("htmx:beforeRequest", () => busy(1));
page.addEventListener("htmx:afterRequest", (event) => {
  busy(-1);
  if (event.detail.successful && !event.detail.requestConfig?.headers?.["HX-Polling"]) session.seen();
});
page.addEventListener("htmx:sendError", () => toast(text("offline"), "warning"));
page.addEventListener("htmx:timeout", () => toast(text("offline"), "warning"));
page.addEventListener("htmx:responseError", (event) => {
  const answer = event.detail.xhr;
  if (answer.status === 401) page.dispatchEvent(new CustomEvent("edc:signed-out"));
  else toast(`${text("failed")} ${answer.getResponseHeader("X-Request-ID")?.slice(0, 13) ?? ""}`.trim(), "error");
});
page.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "drawer-body") openDrawer();
  settle(event.detail.target);
});

/** What a new page or fragment asks for: focus on its error summary, messages that fade. */
function settle(root) {
  all("[data-fades]", root).forEach(fade);
  const errors = find(".err[role=alert]", root);
  if (errors) {
    errors.tabIndex = -1;
    errors.focus();
  }
}

// Drawer: beside the page with script, a page of its own without ------------------------------------------------

const drawer = find("#drawer");
let cameFrom = null;

function openDrawer() {
  if (!drawer) return;
  if (drawer.hidden) cameFrom = cameFrom ?? page.activeElement;
  drawer.hidden = false;
  const title = find("h1, h2", drawer);
  if (title) {
    title.id ||= "drawer-title";
    drawer.setAttribute("aria-labelledby", title.id);
  }
  (find("[autofocus]", drawer) ?? drawer).focus();
}

function closeDrawer() {
  if (!drawer || drawer.hidden) return;
  drawer.hidden = true;
  find("#drawer-body").replaceChildren();
  if (cameFrom?.isConnected) cameFrom.focus();
  cameFrom = null;
}

page.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-drawer]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || !window.htmx) return;
  event.preventDefault();
  if (drawer.hidden) cameFrom = link;
  window.htmx.ajax("GET", link.href, { target: "#drawer-body", swap: "innerHTML" });
});
page.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-drawer-close]")) closeDrawer();
});

// Dialogs, menus, messages ---------------------------------------------------------------------------------------

page.addEventListener("click", (event) => {
  const target = event.target;
  if (!target.closest) return;
  const opener = target.closest("[data-open-dialog]");
  if (opener) find(`#${CSS.escape(opener.dataset.openDialog)}`)?.showModal();
  if (target.closest("[data-close-dialog]")) target.closest("dialog")?.close();
  if (target.closest("[data-dismiss]")) target.closest(".toast-x")?.remove();
  if (target.closest("[data-print]")) window.print();
  const copy = target.closest("[data-copy]");
  if (copy) navigator.clipboard?.writeText(copy.dataset.copy).then(() => toast(text("copied"), "success"));
  all("details[data-menu][open]").forEach((menu) => { if (!menu.contains(target)) menu.open = false; });
});

// A change in a control with data-submits (a filter) sends its form.
page.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-submits]")) event.target.form?.requestSubmit();
});

// A form is sent once: its buttons rest until the answer, or for eight seconds when the answer is a file.
page.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method === "dialog") return;
  setTimeout(() => {
    if (event.defaultPrevented || form.method === "get") return;
    const buttons = [...form.elements].filter((item) => item.type === "submit");
    buttons.forEach((button) => { button.disabled = true; });
    setTimeout(() => buttons.forEach((button) => { button.disabled = false; }), 8000);
  });
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// Links of an error summary lead to the field itself.
page.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#f-"]');
  if (!link) return;
  const field = page.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!field) return;
  event.preventDefault();
  goTo(field);
});

// Keys -----------------------------------------------------------------------------------------------------------

// Who speaks to the computer, or rests a hand on the keys, switches single keys off in the account (WCAG 2.1.4). Keys of
// a box or a group of answers that has the cursor are not meant.
page.addEventListener("keydown", (event) => {
  if (page.documentElement.dataset.keys !== "off" || event.key.length !== 1 || event.key === " ") return;
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input, textarea, select")) return;
  event.stopImmediatePropagation();
}, true);

page.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  if (event.key === "Escape") {
    const menu = find("details[data-menu][open]");
    if (menu) {
      menu.open = false;
      find("summary", menu).focus();
    } else if (!find("dialog[open]")) closeDrawer();
    return;
  }
  if (event.altKey && !event.ctrlKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    const forms = all(".rail a[href]");
    const here = forms.findIndex((link) => link.getAttribute("aria-current"));
    const next = here < 0 ? null : forms[here + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) {
      event.preventDefault();
      next.click();
    }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "/" && find("#find")) {
    event.preventDefault();
    find("#find").focus();
    find("#find").select();
  } else if (event.key === "?" && find("#help") && !find("dialog[open]")) {
    event.preventDefault();
    find("#help").showModal();
  }
});

// Times ----------------------------------------------------------------------------------------------------------

const relative = new Intl.RelativeTimeFormat(lang.startsWith("zh") ? "zh-CN" : "en-GB", { numeric: "always" });

function since(iso) {
  const seconds = (Date.now() - new Date(iso)) / 1000;
  if (!iso.includes("T") || seconds < 60) return "";
  if (seconds < 3600) return relative.format(-Math.floor(seconds / 60), "minute");
  if (seconds < 86400) return relative.format(-Math.floor(seconds / 3600), "hour");
  return relative.format(-Math.floor(seconds / 86400), "day");
}

setInterval(() => all("time[data-ago]").forEach((item) => {
  const now = since(item.dateTime);
  if (now && item.textContent !== now) item.textContent = now;
}), 30000);

window.addEventListener("beforeprint", () => all("[data-print-time]").forEach((item) => {
  item.textContent = new Date().toLocaleString(lang.startsWith("zh") ? "zh-CN" : "en-GB", { timeZoneName: "short" });
}));

// The end of the session: a warning two minutes before, the same in all tabs of the browser. The server decides: it is
// asked before the warning, at the end, once a minute, and when another tab signs out. Tabs tell each other no more than
// who is at work.

const WATCH_EVERY = 60;

function loginAddress() {
  const box = find("#session");
  const here = location.pathname + location.search + location.hash;
  return `${box?.dataset.loginUrl ?? "/login/"}?next=${encodeURIComponent(here)}`;
}

const session = {
  box: find("#session"),
  person: find('meta[name="person"]')?.content ?? "",
  last: Date.now(),
  asked: Date.now(),
  asking: false,
  out: false,
  channel: "BroadcastChannel" in window ? new BroadcastChannel("session") : null,
  left: () => Number(session.box.dataset.endsAfter) - (Date.now() - session.last) / 1000,
  seen(told = true) {
    session.last = Date.now();
    if (session.box?.open) session.box.close();
    if (told) session.channel?.postMessage(session.person);
  },
  over() {
    page.dispatchEvent(new CustomEvent("edc:signed-out"));
  },
  /** What is left, from the server; with `stay` the person is at work. Null: nobody answers. */
  async ask(stay = false) {
    const headers = { "HX-Request": "true", "X-CSRFToken": token(), ...(stay ? {} : { "HX-Polling": "1" }) };
    session.asked = Date.now();
    session.asking = true;
    try {
      const answer = await fetch(session.box.dataset.keepUrl, { method: stay ? "POST" : "GET", headers, cache: "no-store", redirect: "manual" });
      if (answer.status === 401 || answer.type === "opaqueredirect") return 0;
      if (!answer.ok) return null;
      const told = await answer.json();
      if (String(told.person) !== session.person) return 0;
      session.last = Date.now() - (Number(session.box.dataset.endsAfter) - told.left) * 1000;
      return told.left;
    } catch {
      return null;
    } finally {
      session.asking = false;
    }
  },
  async stay() {
    const left = await session.ask(true);
    if (left === null) toast(text("offline"), "warning");
    else if (left > 0) session.seen();
    else session.over();
  },
  /** At the end a page that nobody answers is covered as well. */
  async look() {
    const left = await session.ask();
    if (left === 0 || (left === null && session.left() <= 0)) session.over();
  },
  warn(left) {
    const whole = Math.ceil(left);
    find("[data-countdown]", session.box).textContent = `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
    if (session.box.open) return;
    page.dispatchEvent(new CustomEvent("edc:session-ending"));
    session.box.showModal();
    session.look();
  },
  tick() {
    if (session.out || session.asking) return;
    const left = session.left();
    if (left <= 0) session.look();
    else if (left <= Number(session.box.dataset.warnsBefore)) session.warn(left);
    else if (session.box.open) session.box.close();
    else if (!page.hidden && Date.now() - session.asked > WATCH_EVERY * 1000) session.look();
  },
};
if (session.box) {
  session.channel?.addEventListener("message", (event) => {
    if (session.out) return;
    if (event.data === session.person) session.seen(false);
    else session.look();
  });
  session.channel?.postMessage(session.person);
  find("[data-stay]", session.box).addEventListener("click", session.stay);
  session.box.addEventListener("cancel", (event) => { event.preventDefault(); session.stay(); });
  page.addEventListener("visibilitychange", () => { if (!page.hidden) session.tick(); });
  setInterval(session.tick, 1000);
} else {
  session.channel?.postMessage(""); // nobody is signed in any more: the other tabs ask
}
window.edc.seen = () => session.seen();

// Signed out over a form: sign in where one is; what was typed is still there and is sent then. Until that the page is
// covered, and nobody else sees it.

page.addEventListener("edc:signed-out", () => {
  const box = find("#relogin");
  session.box?.close();
  if (!box || !find("form[data-crf][data-draft-url]:not([data-draft-url=''])")) {
    location.assign(loginAddress());
    return;
  }
  if (box.open) return;
  session.out = true;
  session.cameFrom = page.activeElement;
  page.body.classList.add("signed-out");
  box.showModal();
  find("[name=password]", box).focus();
});

function signedIn(box) {
  session.out = false;
  page.body.classList.remove("signed-out");
  box.close();
  find("form", box).reset();
  find("[data-code]", box).hidden = true;
  session.seen();
  page.dispatchEvent(new CustomEvent("edc:signed-in"));
  session.cameFrom?.focus?.();
}

/** The same pages as the sign-in itself, asked behind the dialog. */
async function signInAgain(box) {
  const form = find("form", box);
  const code = !find("[data-code]", box).hidden;
  const address = code ? "/login/code/" : "/login/";
  const first = await fetch(address, { cache: "no-store" });
  if (!new URL(first.url).pathname.startsWith("/login/")) return renewed(box);
  const before = parsed(await first.text());
  const body = new FormData(form);
  body.set("csrfmiddlewaretoken", find('input[name="csrfmiddlewaretoken"]', before)?.value ?? "");
  const answer = await fetch(address, { method: "POST", body, cache: "no-store" });
  const place = new URL(answer.url).pathname;
  const after = parsed(await answer.text());
  if (place === "/login/code/" && !code) {
    find("[data-code]", box).hidden = false;
    find("[name=code]", box).focus();
    return "";
  }
  if (place.startsWith("/login/")) return find(".invalid-feedback, .alert", after)?.textContent.trim() || text("wrongPassword");
  const who = takeToken(after);
  if (who === "in") signedIn(box);
  else if (who === "out") location.assign(loginAddress());
  return who === "other" ? text("somebodyElse") : "";
}

async function renewed(box) {
  if (!await renew()) return text("somebodyElse");
  signedIn(box);
  return "";
}

find("#relogin form")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const box = find("#relogin");
  const problem = find("[data-problem]", box);
  problem.textContent = "";
  try {
    problem.textContent = await signInAgain(box);
  } catch {
    problem.textContent = text("offline");
  }
});
find("#relogin")?.addEventListener("cancel", (event) => event.preventDefault());

// Start ----------------------------------------------------------------------------------------------------------

settle(page);
if (location.hash.startsWith("#f-")) goTo(page.getElementById(decodeURIComponent(location.hash.slice(1))));
