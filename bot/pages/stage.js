"use strict";
// The stage: its own words, and the button that fills a day of practice cases.
(function () {
  const root = document.documentElement;
  const switcher = document.getElementById("language");
  const fill = document.getElementById("fill");
  const filled = document.getElementById("filled");
  let words = {};

  function guess() {
    const known = Array.from(switcher.options, (o) => o.value);
    const mine = (navigator.languages || [navigator.language]).map((tag) => tag.slice(0, 2).toLowerCase());
    return mine.find((language) => known.includes(language)) || document.body.dataset.fallback;
  }

  async function speak(language) {
    const answer = await fetch("/web/texts?language=" + language);
    words = await answer.json();
    root.lang = switcher.value = language;
    document.querySelectorAll("[data-text]").forEach((e) => { e.textContent = words[e.dataset.text]; });
  }

  fill.addEventListener("click", async () => {
    fill.disabled = true;
    filled.textContent = "";
    try {
      const answer = await fetch("/stage/fill", { method: "POST", headers: { "X-NTS": "1" } });
      if (!answer.ok) throw new Error(String(answer.status));
      filled.textContent = words.filled + " " + (await answer.json()).count;
    } catch (lost) {
      filled.textContent = words.fill_failed;
    }
    fill.disabled = false;
  });
  switcher.addEventListener("change", () => speak(switcher.value));
  speak(guess());
})();
