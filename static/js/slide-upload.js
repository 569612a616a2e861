// Uploading a slide with its progress. Without script the form does the same in one go.

const form = document.querySelector("[data-upload]");

function refuse(sentence) {
  const box = document.querySelector("[data-refusal]");
  box.querySelector("p").textContent = sentence;
  box.hidden = false;
  box.tabIndex = -1;
  box.focus();
}

if (form) {
  form.addEventListener("submit", (event) => {
    const file = form.elements.file.files[0];
    if (!file) return;
    event.preventDefault();
    if (file.size > Number(form.dataset.limit)) {
      refuse(form.dataset.tooLarge);
      return;
    }
    send(new FormData(form));
  });
}

function send(body) {
  const bar = form.querySelector("[data-progress]");
  const said = form.querySelector("[data-said]");
  const button = form.querySelector("button");
  const request = new XMLHttpRequest();
  const stopped = (sentence) => {
    bar.hidden = true;
    button.disabled = false;
    refuse(sentence);
  };
  document.querySelector("[data-refusal]").hidden = true;
  bar.hidden = false;
  button.disabled = true;
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    const share = Math.floor((event.loaded / event.total) * 100);
    bar.querySelector("progress").value = share;
    said.textContent = share < 100 ? form.dataset.sending.replace("%s", `${share} %`) : form.dataset.arrived;
  });
  request.addEventListener("load", () => {
    let sentence = window.edc.text("failed");
    try {
      const answer = JSON.parse(request.responseText);
      if (answer.url) {
        window.location.assign(answer.url);
        return;
      }
      sentence = answer.refused ?? sentence;
    } catch { /* a page, not a sentence */ }
    stopped(sentence);
  });
  request.addEventListener("error", () => stopped(form.dataset.broken));
  request.addEventListener("abort", () => stopped(form.dataset.broken));
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.send(body);
}
