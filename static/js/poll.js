// Fragments that are still being computed: an element with data-poll-url asks again until the answer has none.
//   <div id="job-7" data-poll-url="/reports/jobs/7/" data-poll-every="1">…</div>
// The answer replaces the element. 204: nothing new. 286, or an answer without data-poll-url: done.
// The header HX-Polling tells the server that this is no sign of a person at work.

const LONGEST = 10;
const asked = new WeakSet();

function watch(root = document) {
  const found = root.matches?.("[data-poll-url]") ? [root] : [];
  [...found, ...root.querySelectorAll("[data-poll-url]")].forEach((item) => {
    if (asked.has(item)) return;
    asked.add(item);
    const every = Number(item.dataset.pollEvery) || 2;
    setTimeout(() => ask(item, every, 0), every * 1000);
  });
}

function again(item, every, failures) {
  setTimeout(() => ask(item, Math.min(every * 1.3, LONGEST), failures), every * 1000);
}

async function ask(item, every, failures) {
  if (!item.isConnected) return;
  if (document.hidden) {
    document.addEventListener("visibilitychange", () => ask(item, 1, failures), { once: true });
    return;
  }
  let answer;
  try {
    answer = await fetch(item.dataset.pollUrl, { headers: { "HX-Request": "true", "HX-Polling": "1" }, cache: "no-store", signal: AbortSignal.timeout(15000) });
    if (answer.redirected || answer.status === 401 || answer.status === 403 || answer.status === 404) return;
    if (answer.status >= 500) throw new Error(String(answer.status));
  } catch {
    if (failures === 2) window.edc.toast(window.edc.text("offline"), "warning");
    again(item, Math.max(every, 3), failures + 1);
    return;
  }
  if (answer.status === 204) {
    again(item, every, 0);
    return;
  }
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  const fresh = holder.content.firstElementChild;
  if (!fresh) return;
  const same = fresh.outerHTML === item.outerHTML;
  if (answer.status === 286) fresh.removeAttribute("data-poll-url");
  const goesOn = fresh.matches("[data-poll-url]") || fresh.querySelector("[data-poll-url]");
  if (same && goesOn) {
    again(item, every, 0);
    return;
  }
  const focused = item.contains(document.activeElement) ? document.activeElement.id : "";
  if (fresh.matches("[data-poll-url]")) {
    fresh.dataset.pollEvery = String(Math.min(every * 1.3, LONGEST));
  }
  item.replaceWith(fresh);
  window.htmx?.process(fresh);
  if (focused) document.getElementById(focused)?.focus();
  document.dispatchEvent(new CustomEvent("edc:fragment", { detail: fresh }));
  if (!goesOn) window.edc.announce(fresh.dataset.pollDone || window.edc.text("updated"));
  watch(fresh);
}

watch();
document.addEventListener("htmx:afterSettle", (event) => watch(event.detail.elt));
