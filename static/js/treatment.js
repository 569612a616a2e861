// A calculated value answers conditions too: when the server's live answer changes one, the questions that hang on it
// (the reason of a delay) appear at once. The words are put in by grid.js.

const target = document.querySelector("#live");
const form = document.querySelector("form[data-preview-url]");

if (target && form) {
  new MutationObserver(() => {
    let turned = false;
    target.querySelectorAll("data[data-path-for]").forEach((item) => {
      const field = form.querySelector(`[data-path="${CSS.escape(item.dataset.pathFor)}"]`);
      if (!field || field.dataset.value === item.dataset.raw) return;
      field.dataset.value = item.dataset.raw;
      turned = true;
    });
    if (turned) form.dispatchEvent(new Event("input", { bubbles: true }));
  }).observe(target, { childList: true });
}
