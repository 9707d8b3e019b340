// What a person would find wrong with the screen that is shown now: a list of sentences, empty where it is well.
// Run inside the page by tests/screens/looking.py; never part of the product.
(() => {
  const TAP = 44; // CSS pixels of what a finger must hit
  const SEEN = "header, form, .words, .option, .nav, .note, .line, .badge, .state, .taping, .file, .gone, .practice, h1, h2, p, select, label, dialog";
  // What belongs to the sign before it, and what belongs to the sign after it (Unicode line breaking, and our scripts).
  const NEVER_FIRST = /^[\p{M}\u0e30\u0e32\u0e33\u0e45\u0e46\u0e2f\u0eb0\u0eb2\u0eb3\u0ec6\u0eaf\u17d4\u17d5\u17d6\u17d7\u17da,.;:!?)\]}”’»…]/u;
  const NEVER_LAST = /[\u0e40-\u0e44\u0ec0-\u0ec4\u17d2(\[{“‘«]$/u;
  const WHOLE = /[0-9๐-๙໐-໙០-៩]+(?:[-–:/.,][0-9๐-๙໐-໙០-៩]+)+|[0-9๐-๙໐-໙០-៩]{2,}|(?<!\p{L})\/[a-z]+/gu;
  const PICTURE_ALONE = /^[\p{Extended_Pictographic}\p{Regional_Indicator}\ufe0f\u200d✓•]+\s*$/u;
  const graphemes = new Intl.Segmenter("th", { granularity: "grapheme" });

  const shown = (e) => e.checkVisibility ? e.checkVisibility({ visibilityProperty: true }) : e.getClientRects().length > 0;
  const named = (e) => e.tagName.toLowerCase() + (e.className && e.className.baseVal === undefined ? "." + e.className : "") + " “" + e.textContent.trim().slice(0, 40) + "”";
  const hiddenOnPurpose = (e) => e.closest(".hidden, [aria-hidden=true]");

  function* texts(root) {
    const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const e = walk.currentNode.parentElement;
      if (walk.currentNode.data.trim() && shown(e) && !hiddenOnPurpose(e) && !e.closest("option, template, script, style")) yield walk.currentNode;
    }
  }

  function layout(node) { // every grapheme with where it stands
    const range = document.createRange(), found = [];
    for (const { segment, index } of graphemes.segment(node.data)) {
      range.setStart(node, index);
      range.setEnd(node, index + segment.length);
      const box = range.getClientRects()[0];
      if (box && box.width) found.push({ segment, index, box });
    }
    return found;
  }

  function wider() {
    const found = [];
    if (document.documentElement.scrollWidth > innerWidth) found.push("the page is wider than the screen");
    for (const e of document.querySelectorAll("#log, .stage main, dialog")) {
      if (shown(e) && e.scrollWidth > e.clientWidth + 1) found.push("scrolls sideways: " + named(e));
    }
    return found;
  }

  function cut() {
    const found = [];
    for (const e of document.querySelectorAll(SEEN)) {
      if (!shown(e) || hiddenOnPurpose(e)) continue;
      const style = getComputedStyle(e);
      const hides = (way) => ["hidden", "clip", "scroll", "auto"].includes(style["overflow" + way]);
      if (e.scrollWidth > e.clientWidth + 1 && e.clientWidth && (hides("X") || e.matches("button, a, .said, .words"))) found.push("cut at its side: " + named(e));
      if (hides("Y") && !e.matches("dialog") && e.scrollHeight > e.clientHeight + 1 && e.clientHeight) found.push("cut at its foot: " + named(e));
    }
    return found;
  }

  function small() {
    return [...document.querySelectorAll("button, select, textarea, a[href], summary")].filter((e) => shown(e) && !hiddenOnPurpose(e)).flatMap((e) => {
      const { width, height } = e.getBoundingClientRect();
      return Math.min(width, height) < TAP - 0.01 ? ["smaller than a finger (" + Math.round(width) + "×" + Math.round(height) + "): " + named(e)] : [];
    });
  }

  // A number that is longer than its line may be broken, but only behind one of its own marks.
  const fills = (whole) => whole && whole.getBoundingClientRect().width > whole.closest(".words, button, p").clientWidth - 2;

  function brokenAt(text, at, language, button, number) {
    const before = text.slice(0, at), after = text.slice(at), line = before.slice(before.lastIndexOf("\n") + 1);
    if (/\n\s*$/.test(before) || !line.trim()) return "";
    if (NEVER_FIRST.test(after)) return "a line begins with a sign that belongs to the one before";
    if (NEVER_LAST.test(before.trimEnd())) return "a line ends with a sign that belongs to the next one";
    for (const { 0: whole, index } of text.matchAll(WHOLE)) if (index < at && at < index + whole.length && !(fills(number) && (/[-–:/.,\s]$/.test(before) || /^\p{Nd}+$/u.test(whole)))) return "a number or a command is broken";
    if (button && PICTURE_ALONE.test(line)) return "a picture stands alone in its line";
    for (const { segment, index, isWordLike } of new Intl.Segmenter(language, { granularity: "word" }).segment(text)) {
      if (isWordLike && index < at && at < index + segment.length && !(fills(number) && /^\p{Nd}+$/u.test(segment))) return "a word is broken";
    }
    return "";
  }

  function broken() {
    const found = [];
    for (const node of texts(document.body)) {
      const e = node.parentElement, button = e.closest("button, a"), language = e.closest("[lang]").lang || "en";
      const all = layout(node);
      for (let n = 1; n < all.length; n++) {
        if (all[n].box.top < all[n - 1].box.bottom - 2 && all[n].box.left >= all[n - 1].box.left) continue;
        if (all[n].box.top <= all[n - 1].box.top + 2) continue;
        const why = brokenAt(node.data, all[n].index, language, button, e.closest(".whole"));
        if (why) found.push(why + ": " + node.data.slice(Math.max(0, all[n].index - 24), all[n].index).replace(/\n/g, "⏎") + " | " + node.data.slice(all[n].index, all[n].index + 24).replace(/\n/g, "⏎"));
      }
      const flag = all.find(({ segment, box }) => /^\p{Regional_Indicator}/u.test(segment) && box.width > 1.7 * parseFloat(getComputedStyle(e).fontSize));
      if (flag) found.push("a flag is drawn as letters: " + named(e));
      const last = all.filter(({ segment }) => segment.trim()).pop();
      if (last && (last.box.right > innerWidth + 1 || all[0].box.left < -1)) found.push("runs off the screen: " + named(e));
    }
    return found;
  }

  // A box instead of a letter looks as that of a sign which no font has.
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 32;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  function drawn(sign, font) {
    pen.clearRect(0, 0, 32, 32);
    pen.font = font;
    pen.fillText(sign, 4, 24);
    return pen.getImageData(0, 0, 32, 32).data.join();
  }
  function unknown() {
    const font = "20px " + getComputedStyle(document.body).fontFamily, known = (window.looked = window.looked || new Map());
    const boxes = known.get("boxes") || [drawn("\u{10fffd}", font), drawn("\u0378", font)];
    known.set("boxes", boxes);
    const here = new Set();
    for (const node of texts(document.body)) for (const sign of node.data) if (sign > "\u007f" && !/[\p{M}\s\ufe0f\u200b-\u200d\u2060]/u.test(sign)) here.add(sign);
    for (const sign of here) if (!known.has(sign)) known.set(sign, boxes.includes(drawn(sign, font)));
    return [...here].filter((sign) => known.get(sign)).map((sign) => "no font has U+" + sign.codePointAt(0).toString(16) + " " + sign);
  }

  function unsaid() { // words whose language the page does not say are broken and read aloud as if they were another's
    const scripts = { th: /[\u0e00-\u0e7f]/g, lo: /[\u0e80-\u0eff]/g, km: /[\u1780-\u17ff]/g };
    const found = [];
    for (const node of texts(document.body)) {
      const counts = Object.entries(scripts).map(([language, letters]) => [(node.data.match(letters) || []).length, language]).sort((a, b) => b[0] - a[0]);
      const said = node.parentElement.closest("[lang]").lang;
      if (counts[0][0] > 3 && said !== counts[0][1]) found.push("said to be " + (said || "nothing") + ", and is " + counts[0][1] + ": " + named(node.parentElement));
    }
    return found;
  }

  return [...new Set([wider, cut, small, broken, unknown, unsaid].flatMap((look) => look()))];
})()
