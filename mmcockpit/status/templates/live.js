"use strict";
(() => {
  const SILENT_MS = 15000, RETRY_MS = [1000, 2000, 5000, 10000];
  const page = document.getElementById("page");
  const connection = document.getElementById("connection");
  const spoken = document.getElementById("spoken");
  let shown = "", failures = 0, watch = 0;

  const say = (text, live) => {
    connection.textContent = text;
    connection.className = live ? "live" : "offline";
    page.className = live || !shown ? "" : "stale";
  };
  const time = () => new Date().toISOString().slice(11, 19) + " UTC";
  const message = (text) => {
    const line = document.createElement("p");
    line.className = "waiting";
    line.textContent = text;
    page.replaceChildren(line);
    shown = "";
  };
  const show = (html) => {
    if (html === shown) return;
    shown = html;
    page.innerHTML = html;
    const title = page.querySelector("article").dataset.title;
    if (document.title !== title) {
      document.title = title;
      spoken.textContent = title;
    }
  };

  const follow = async (token) => {
    const abort = new AbortController();
    const alive = () => {
      clearTimeout(watch);
      watch = setTimeout(() => abort.abort(), SILENT_MS);
      say("Live. Last contact " + time() + ".", true);
    };
    const response = await fetch("stream", {
      headers: { Authorization: "Bearer " + token }, cache: "no-store", credentials: "omit", signal: abort.signal,
    });
    if (!response.ok) throw Object.assign(new Error(await response.text()), { status: response.status });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      failures = 0;
      alive();
      const lines = (text + value).split("\n");
      text = lines.pop();
      for (const line of lines) if (line) show(JSON.parse(line).html);
    }
  };

  const run = async () => {
    const token = location.hash.slice(1);
    if (!token) return message("This link is incomplete: open the whole link, with the part after #.");
    for (;;) {
      try {
        await follow(token);
      } catch (error) {
        if (error.status === 401) {
          message("This link is not valid any more. Ask for a new one.");
          return say("Not connected.", false);
        }
        if (error.status === 503 && !shown) message(error.message);
      }
      clearTimeout(watch);
      say("No connection since " + time() + ". What is shown may be out of date. Trying again …", false);
      await new Promise((wake) => setTimeout(wake, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]));
      failures += 1;
    }
  };
  addEventListener("hashchange", () => location.reload());
  run();
})();
