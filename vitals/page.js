// Refreshes the page: asks for its parts as JSON, and puts in place those that changed.
(() => {
  "use strict";
  const live = document.getElementById("live"), news = document.getElementById("news");
  const icon = document.querySelector("link[rel=icon]");
  const url = "vitals?format=live&range=" + encodeURIComponent(live.dataset.range);
  const every = 5000, most = 60000;
  let tag = "", wait = every, state = "", paused = false, timer = 0, asked = 0, ended = "";

  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Pause";
  button.onclick = () => {
    paused = !paused;
    button.textContent = paused ? "Go on" : "Pause";
    button.setAttribute("aria-pressed", paused);
    next(paused ? 0 : 1);
  };
  live.after(button);

  // A part in which somebody reads, types or marks text is left alone.
  const inUse = part => part.contains(document.activeElement) ||
    (!getSelection().isCollapsed && part.contains(getSelection().anchorNode));

  function place(parts) {
    for (const part of document.querySelectorAll("[data-part]")) {
      const html = parts[part.id];
      if (html === undefined || html === part.shown || inUse(part)) continue;
      const open = new Set([...part.querySelectorAll("details[open]")].map(d => d.dataset.key));
      part.innerHTML = part.shown = html;
      for (const d of part.querySelectorAll("details")) d.open = open.has(d.dataset.key);
    }
  }

  function show(page) {
    document.title = page.title;
    if (page.state !== state) {
      if (state) news.textContent = page.title;
      state = page.state;
      icon.href = "vitals.svg?state=" + encodeURIComponent(state);
    }
    place(page.parts);
    live.textContent = page.live;
  }

  async function ask() {
    asked = Date.now();
    try {
      const answer = await fetch(url, {headers: tag ? {"If-None-Match": tag} : {}, signal: AbortSignal.timeout(15000)});
      if (answer.status === 200) {
        tag = answer.headers.get("ETag") || "";
        show(await answer.json());
      } else if (answer.status !== 304) {
        throw new Error(answer.status === 429 ? "it is busy" : "it answers " + answer.status);
      }
      wait = every;
      ended = "";
      document.body.classList.remove("lost");
    } catch (e) {
      ended = ended || new Date().toISOString().slice(11, 19) + " UTC";
      document.body.classList.add("lost");
      live.textContent = "No news since " + ended + " (" + e.message + "): what you see is older";
      wait = Math.min(wait * 2, most);
    }
    next(wait);
  }

  function next(ms) {
    clearTimeout(timer);
    if (ms && !paused && !document.hidden) timer = setTimeout(ask, ms);
  }

  document.addEventListener("visibilitychange", () => next(Math.max(1, wait - (Date.now() - asked))));

  // A click on a query copies it.
  for (const code of document.querySelectorAll("code.copy")) {
    if (!navigator.clipboard) break;
    const copy = document.createElement("button");
    copy.type = "button";
    copy.textContent = "Copy";
    copy.onclick = async () => {
      await navigator.clipboard.writeText(code.textContent);
      copy.textContent = "Copied";
    };
    code.after(copy);
  }
  next(every);
})();
