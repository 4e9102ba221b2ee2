// Every page works without this file; it only makes some of them quicker to use.
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const typing = (element) => element.closest("input, select, textarea, [contenteditable]");

  document.querySelector("[data-error-summary]")?.focus();

  // A second press while the first is on its way sends nothing; coming back by the browser's history frees the form again.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method === "dialog" || form.method === "get") return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
  });
  window.addEventListener("pageshow", () => all("form[data-sent]").forEach((form) => delete form.dataset.sent));

  // While work goes on elsewhere, the page looks again by itself.
  for (const waiting of all("[data-reload]")) setTimeout(() => location.reload(), waiting.dataset.reload * 1000);

  for (const button of all("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }

  for (const button of all("[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
      button.textContent = button.dataset.copied;
    });
  }

  for (const button of all("[data-show-password]")) {
    const input = document.getElementById(button.dataset.showPassword);
    if (!input) continue;
    const word = button.firstElementChild;
    const words = [word.textContent, button.dataset.hide];
    button.hidden = false;
    button.addEventListener("click", () => {
      const shown = input.type === "password";
      input.type = shown ? "text" : "password";
      word.textContent = words[Number(shown)];
    });
    input.form?.addEventListener("submit", () => { input.type = "password"; });
  }

  for (const counter of all("[data-count]")) {
    const input = document.getElementById(counter.dataset.count);
    const limit = Number(input?.getAttribute("maxlength"));
    if (!limit) continue;
    const words = counter.dataset.words;
    const show = () => { counter.textContent = words.replace("%s", limit - input.value.length); };
    input.addEventListener("input", show);
    show();
  }

  // The document beside the claims: larger, smaller, a quarter turn.
  for (const viewer of all("[data-viewer]")) {
    const frame = viewer.querySelector(".viewer-frame");
    const tools = viewer.querySelector(".viewer-tools");
    if (!frame.querySelector("img")) continue;
    tools.hidden = false;
    tools.addEventListener("click", (event) => {
      const act = event.target.closest("button")?.dataset.act;
      const zoom = Number(frame.dataset.zoom || 1);
      if (act === "larger") frame.dataset.zoom = Math.min(3, zoom + 1);
      if (act === "smaller") frame.dataset.zoom = Math.max(1, zoom - 1);
      if (act === "turn") frame.dataset.turn = (Number(frame.dataset.turn || 0) + 1) % 4;
    });
  }

  // Keyboard: data-key="a" on a button or link; "?" opens the list of keys.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const target = all("[data-key]").find((element) => element.dataset.key === event.key);
    if (!target) return;
    event.preventDefault();
    if (target.matches("dialog")) target.showModal();
    else if (target.matches("button[type=submit], button:not([type])") && target.form) target.form.requestSubmit(target);
    else if (target.matches("input, select, textarea, summary")) target.focus();
    else target.click();
  });
})();
