// The page on which forms are signed: how many are chosen, all or none of them, the statement of the chosen meaning.
// Without script every statement stands there and the button names the number that was chosen at first.

const form = document.querySelector("form[data-sign]");
const boxes = [...document.querySelectorAll('input[name="form"][form="sign"]')];
const button = document.querySelector("[data-sign-button]");
const words = document.querySelector("[data-sign-words]");
const meaning = document.getElementById("meaning");

function count() {
  if (!button) return;
  const chosen = boxes.filter((box) => box.checked).length;
  words.textContent = chosen === 1 ? words.dataset.signOne : words.dataset.signWords.replace("%(n)s", String(chosen));
  button.disabled = chosen === 0;
}

function state() {
  for (const statement of document.querySelectorAll("[data-statement]")) {
    statement.hidden = statement.dataset.statement !== meaning.value;
    statement.querySelector("[data-statement-of]").hidden = true;
  }
}

for (const box of boxes) box.addEventListener("change", count);
for (const chooser of document.querySelectorAll("[data-choose]")) {
  chooser.parentElement.hidden = false;
  chooser.addEventListener("click", () => {
    for (const box of boxes) box.checked = chooser.dataset.choose === "all";
    count();
  });
}
meaning?.addEventListener("change", state);
if (meaning) state();
count();

// A second press while the first is on its way signs nothing twice.
form?.addEventListener("submit", () => setTimeout(() => button?.setAttribute("disabled", "")));
window.addEventListener("pageshow", (event) => event.persisted && count());
