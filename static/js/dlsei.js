// Every page works without this file; it only makes some of them quicker to use.
(() => {
  "use strict";
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const typing = (element) => element.closest("input:not([type=radio], [type=checkbox]), select, textarea, [contenteditable]");

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
    const tools = viewer.querySelector("[data-tools]");
    if (!frame.querySelector("img")) continue;
    let turns = 0;
    const show = () => {
      for (const image of all("img", frame)) {
        // Lying on its side, a picture is as wide as it was high: its sheet keeps room for it.
        const k = turns % 2 ? image.naturalWidth / image.naturalHeight || 1 : 1;
        image.style.cssText = turns ? `rotate:${turns * 90}deg;inline-size:${100 * k}%;max-inline-size:none;margin:${50 * (k - 1)}% ${50 * (1 - k)}%` : "";
      }
    };
    frame.addEventListener("load", show, true);
    tools.hidden = false;
    tools.addEventListener("click", (event) => {
      const act = event.target.closest("button")?.dataset.act;
      const zoom = Number(frame.dataset.zoom || 1);
      if (act === "larger") frame.dataset.zoom = Math.min(4, zoom + 1);
      if (act === "smaller") frame.dataset.zoom = Math.max(1, zoom - 1);
      if (act === "turn") { turns = (turns + 1) % 4; show(); }
    });
  }

  // A wording that was picked goes into its field, for editing; what was typed there stays.
  const put = ({ text, into }) => {
    const field = document.getElementById(into);
    const typed = field.value.trim();
    field.value = !typed || typed === field.dataset.put ? text : `${typed}\n${text}`;
    field.dataset.put = field.value;
    field.dispatchEvent(new Event("input"));
  };
  document.addEventListener("change", ({ target }) => target.dataset.text && put(target.dataset));
  for (const button of all("button[data-text]")) {
    button.hidden = false;
    button.addEventListener("click", () => put(button.dataset));
  }

  // What others do meanwhile, asked for while the page is in view.
  for (const live of all("[data-live]")) {
    const news = document.createElement("div");
    setInterval(async () => {
      if (document.hidden) return;
      const answer = await fetch(live.dataset.live).catch(() => null);
      if (!answer?.ok || answer.redirected) return;
      news.innerHTML = await answer.text();
      if (news.textContent.trim() !== live.textContent.trim()) live.innerHTML = news.innerHTML;
    }, 20000);
  }

  for (const button of all("[data-opens]")) {
    button.hidden = false;
    button.addEventListener("click", () => document.getElementById(button.dataset.opens).showModal());
  }
  for (const button of all("[data-closes]")) button.addEventListener("click", () => button.closest("dialog").close());

  // Keyboard: a key takes one to what has it as data-key; only Enter there, or Ctrl+Enter in a field, sends.
  const field = "button, input:not([type=hidden]), select, textarea";
  document.addEventListener("keydown", (event) => {
    const { target: from, key } = event;
    if (event.isComposing || event.repeat || document.querySelector("dialog[open]")) return;
    if (key === "Enter" && (event.ctrlKey || event.metaKey) && from.form?.matches("[data-send]")) {
      from.form.requestSubmit(from.form.querySelector("[type=submit]"));
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(from) || document.querySelector("[data-keys=off]")) return;
    const target = all("[data-key]").find((element) => element.dataset.key === key && (element.matches("dialog") || element.checkVisibility?.() !== false));
    if (!target) return;
    event.preventDefault();
    if (target.matches("dialog")) target.showModal();
    else if (target.matches("summary")) {
      target.parentElement.open = true;
      (target.parentElement.querySelector(`.act :is(${field})`) || target).focus();
    } else {
      if (target.matches(field)) target.focus();
      if (!target.matches("[type=submit], textarea, select")) target.click();
    }
  });
})();
