// The sign-in page: a note while Caps Lock is on, and a button that shows the password.
const note = document.getElementById("caps-note");
for (const box of document.querySelectorAll("[data-caps-lock]")) {
  box.addEventListener("keyup", (event) => {
    if (note && event.getModifierState) note.hidden = !event.getModifierState("CapsLock");
  });
}
for (const box of document.querySelectorAll("[data-show]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-quiet btn-sm mt-1";
  button.textContent = box.dataset.show;
  button.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-controls", box.id);
  button.addEventListener("click", () => {
    const shown = box.type === "text";
    box.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
  });
  box.after(button);
}
