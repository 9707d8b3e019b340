"use strict";
// The chat page. Words of people and of the bot only ever become text nodes; nothing here reads them as markup.
(function () {
  const MOST_TEXT = 5000; // UTF-16 units, as bot/channels/web.py
  const MOST_FILE = 20000000; // bytes
  const MOST_RECORDING = 300; // seconds
  const MOST_SAID = 60; // own messages shown again after a reload
  const PATIENCE = 30000; // milliseconds for one message to be committed

  const $ = (id) => document.getElementById(id);
  const { api, kind, fallback, begins } = document.body.dataset;
  const log = $("log"), form = $("form"), input = $("input"), note = $("note"), switcher = $("language");
  let words = {};

  function fill(element, ...children) { // replaceChildren, which phones of before 2020 do not have
    while (element.firstChild) element.firstChild.remove();
    element.append(...children);
  }

  // What is kept on this phone: unsent messages and the draft until they are sent, own words until the tab closes.
  const name = (key) => "nts:" + api + ":" + key;
  function keep(place, key, value) {
    if (!value || value.length === 0) return place.removeItem(name(key));
    try { place.setItem(name(key), JSON.stringify(value)); } catch (full) { /* a private window keeps nothing */ }
  }
  function kept(place, key, otherwise) {
    try { return JSON.parse(place.getItem(name(key))) || otherwise; } catch (broken) { return otherwise; }
  }

  function uuid() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  function make(tag, className, text) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text) element.textContent = text;
    return element;
  }

  const LANGUAGES = Array.from(switcher.options, (o) => o.value);

  function guess() {
    const wanted = [kept(localStorage, "language", ""), document.body.dataset.language];
    const tags = wanted.concat(navigator.languages || [navigator.language], fallback);
    return tags.map((tag) => String(tag || "").slice(0, 2).toLowerCase()).find((tag) => LANGUAGES.includes(tag)) || "en";
  }

  async function speak(language) {
    if (!LANGUAGES.includes(language)) return;
    switcher.value = document.documentElement.lang = language;
    const answer = await fetch("/web/texts?language=" + language);
    if (!answer.ok || switcher.value !== language) return;
    words = await answer.json();
    document.querySelectorAll("[data-text]").forEach((e) => { e.textContent = words[e.dataset.text]; });
    document.querySelectorAll("[data-label]").forEach((e) => { e.setAttribute("aria-label", e.title = words[e.dataset.label]); });
    log.removeAttribute("title");
    input.placeholder = words.write;
  }

  function follow(language) {
    if (!LANGUAGES.includes(language) || language === switcher.value) return;
    keep(localStorage, "language", language);
    speak(language).catch(() => {});
  }

  function script(text) {
    const found = [["lo", /[\u0e80-\u0eff]/g], ["km", /[\u1780-\u17ff]/g], ["th", /[\u0e00-\u0e7f]/g], ["en", /[a-z]/gi]]
      .map(([language, letters]) => [(text.match(letters) || []).length, language]).sort((a, b) => b[0] - a[0])[0];
    return found[0] ? found[1] : "";
  }

  const bubbles = new Map(); // letter id -> bubble; a bubble keeps every id it ever had
  const open = {}; // "private" or "group" -> the bubbles whose buttons wait for an answer
  const said = kept(sessionStorage, "said", []);
  let shownSaid = 0, last = 0, ready = false;
  let acted = kept(sessionStorage, "acted", 0); // the last letter that was here when this person did something

  // Whoever reads the end goes on reading it when the keyboard opens, a picture loads or a note takes some room.
  let atEnd = true;
  log.addEventListener("scroll", () => { atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60; }, { passive: true });
  if (window.ResizeObserver) new ResizeObserver(() => { if (atEnd) log.scrollTop = log.scrollHeight; }).observe(log);

  function settle(element, always) {
    if (!always && !atEnd) return;
    const above = element.getBoundingClientRect().top - log.getBoundingClientRect().top;
    log.scrollTop = element.offsetHeight > log.clientHeight - 24 ? log.scrollTop + above - 8 : log.scrollHeight;
  }

  // Where one script stops and another begins: the language is said for each, so that words are broken and read aloud
  // by its rules. A number (a receipt, a telephone, a day) stays on one line where there is room. A flag stands
  // apart, too: among Khmer letters some browsers draw its two letters instead.
  const PART = /(?:(?![\u0e80-\u0eff\u1780-\u17ff])[^])+|(?:(?![\u0e00-\u0e7f\u1780-\u17ff])[^])+|(?:(?![\u0e00-\u0eff])[^])+/g;
  const OURS = /[\u0e00-\u0eff\u1780-\u17ff]/g;
  const WHOLE = /([\u{1f1e6}-\u{1f1ff}]{2}|[\p{Ps}\p{Pi}]?\+?\p{Nd}+(?:[-–:/.,]\p{Nd}+| \p{Nd}{3,})+[\p{Pe}\p{Pf}]?[.,:;?!។៖]?|\p{Nd}{9,})/u;
  const ICON = /(\p{Extended_Pictographic}\ufe0f?|[\u{1f1e6}-\u{1f1ff}]{2}|[✓•]) (?=\S)/gu;

  const ITEM = /([:,] )([^\s,:][^,:\n]{0,32} \p{Nd}{3,5})(?=,|\n|$)/gu; // of a list: whom to call
  const MARK = "\ue000"; // around such an item
  const NUMBER = /(\p{L}\p{M}*) (?=\p{Nd}{3,}(?!\p{Nd}*[-–:/.]\p{Nd}))/gu; // whom a number calls, and the number

  function say(element, text) {
    const main = script(text), marked = text.replace(/\ue000/g, "").replace(ITEM, "$1\ue000$2\ue000").replace(/\ue000,/g, ",\ue000");
    const joined = marked.replace(ICON, "$1\u00a0").replace(NUMBER, "$1\u00a0");
    const rows = joined.match(/[^\n]*\n|[^\n]+/g) || [];
    if (main) element.lang = main;
    for (const part of rows.flatMap((row) => row.match(PART))) {
      const own = script(part.match(OURS) ? part.match(OURS).join("") : part), foreign = own && own !== main;
      const place = foreign ? make("span") : element;
      if (foreign) place.lang = own;
      part.split(MARK).forEach((item, n) => {
        if (n % 2) place.append(make("span", "whole", item));
        else item.split(WHOLE).forEach((piece, m) => place.append(m % 2 ? make("span", "whole", piece) : piece));
      });
      if (foreign) element.append(place);
    }
    element.normalize();
    return element;
  }

  const lines = (text) => say(make("div", "words"), text);

  function showOwn(text, id) {
    const known = log.querySelector('.own[data-id="' + id + '"]'); // shown while there was no line yet
    if (known) {
      log.append(known);
      return known;
    }
    const bubble = make("div", "bubble own");
    bubble.dataset.testid = "own";
    bubble.dataset.id = id;
    const box = make("div", "said");
    const who = make("span", "hidden", words.you + ": ");
    box.append(who, lines(text));
    bubble.append(box);
    log.append(bubble);
    settle(bubble, true);
    return bubble;
  }

  function showLetter(letter) {
    if (letter.id <= last) return;
    last = letter.id;
    while (shownSaid < said.length && said[shownSaid].after < letter.id) showOwn(said[shownSaid].text, said[shownSaid++].id);
    letter.messages.forEach((message) => {
      if (message.clears) emptied(letter.id);
      showMessage(letter, message);
    });
  }

  // The chat was ended: what stood here, or is kept on this phone, goes. Once for each such letter, or a reload would
  // take what was typed after it.
  function emptied(id) {
    if (kept(sessionStorage, "emptied", 0) >= id) return;
    stopTape(false);
    bubbles.clear();
    delete open.private;
    delete open.group;
    fill(log);
    const after = said.filter((s) => s.after >= id);
    said.splice(0, said.length, ...after);
    shownSaid = 0;
    queue.splice(sending ? 1 : 0); // the one under way is the word that ended the chat
    localStorage.clear();
    sessionStorage.clear();
    keep(sessionStorage, "said", said);
    keep(sessionStorage, "emptied", id);
    input.value = $("file").value = $("camera").value = "";
    fit();
    hideNote();
    forgetAddress();
  }

  // The address may hold the place of a poster, and the browser's list of pages keeps it.
  function forgetAddress() { history.replaceState(null, "", location.pathname); }

  function showMessage(letter, message) {
    if (message.language) return ready || !kept(localStorage, "language", "") ? follow(message.language) : undefined;
    const chat = kind === "group" && !letter.private ? "group" : "private";
    const old = message.replaces ? bubbles.get(String(message.replaces)) : null;
    const bubble = old || make("div", "bubble");
    const focused = old && old.contains(document.activeElement);
    bubble.className = "bubble" + (kind === "group" && letter.private ? " private" : "");
    bubble.dataset.testid = chat === "private" && kind === "group" ? "bubble-private" : "bubble";
    bubble.dataset.id = letter.id;
    bubble.tabIndex = -1;
    bubbles.set(String(letter.id), bubble);
    const buttons = message.buttons || [];
    fill(bubble, box(letter, message, bubble), ...rows(letter.id, chat, buttons));
    bubble.dataset.stays = chat === "group" || message.stays ? "yes" : "";
    if (buttons.length) { // what came since this person last did something can still be pressed: a list, and a question
      const others = (open[chat] || []).filter((b) => b !== bubble && !b.dataset.stays);
      others.filter((b) => Number(b.dataset.id) <= acted).forEach(dropButtons);
      open[chat] = others.filter((b) => Number(b.dataset.id) > acted).concat(bubble);
    }
    const moves = !old || (chat === "private" && kind !== "group" && bubble !== log.lastElementChild);
    if (moves) log.append(bubble);
    if (focused) bubble.focus({ preventScroll: true });
    if (!old || chat === "private") settle(bubble, chat === "private");
  }

  function dropButtons(bubble) {
    bubble.querySelectorAll(".rows, .state").forEach((row) => row.remove());
  }

  function box(letter, message, bubble) {
    const box = make("div", "said");
    if (bubble.classList.contains("private")) {
      const badge = make("div", "badge");
      badge.append($("eye").content.cloneNode(true), make("span", "", words.private));
      badge.lastChild.dataset.text = "private";
      box.append(badge);
    }
    (message.attachments || []).forEach((a) => box.append(attachment(a)));
    if (message.text) box.append(lines(message.text));
    const at = new Date(letter.at);
    if (!isNaN(at)) {
      const time = make("time", "", at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" }));
      time.dateTime = letter.at;
      box.append(time);
    }
    return box;
  }

  function attachment(a) {
    if (a.kind === "pin") return make("p", "file", "📍 " + a.latitude.toFixed(5) + ", " + a.longitude.toFixed(5));
    const label = words[a.kind] || words.document;
    if (/^\/voice\//.test(a.url || "")) return spoken(a.url);
    if (!/^data:(image|audio|video)\//.test(a.url || "")) return make("p", "file", "📎 " + label + ": " + words.not_shown);
    const media = make(a.url.startsWith("data:image") ? "img" : a.url.startsWith("data:audio") ? "audio" : "video", "media");
    if (media.tagName === "IMG") media.alt = label;
    else { media.controls = true; media.setAttribute("aria-label", label); }
    if (media.tagName === "IMG") media.addEventListener("load", () => { if (atEnd) log.scrollTop = log.scrollHeight; });
    media.src = a.url;
    return media;
  }

  // A question of ours as it is spoken: nothing is loaded before somebody presses play.
  function spoken(url) {
    const sound = make("audio", "media");
    sound.controls = true;
    sound.preload = "none";
    sound.src = url;
    sound.dataset.testid = "spoken";
    sound.setAttribute("aria-label", words.voice);
    return sound;
  }

  function rows(id, chat, buttons) {
    const asides = buttons.filter((b) => b[2] === "nav"), options = buttons.filter((b) => b[2] !== "nav");
    const pencils = asides.filter((b) => b[0].startsWith("✏️")), at = asides.indexOf(pencils[0]);
    const many = options.length && pencils.length > 2, rest = asides.filter((b) => !pencils.includes(b));
    const made = (group) => group.map(([label, value, sort, picture]) => button(id, chat, label, value, sort, picture));
    const row = (...children) => { const box = make("div", "rows"); box.append(...children); return box; };
    const steps = many ? [...made(rest.slice(0, at)), folded(made(pencils), row), ...made(rest.slice(at))] : made(asides);
    const beside = options.length === 1 && asides.length === 1; // seen without scrolling under a long text: begin, listen
    const found = beside ? [made(options).concat(steps)] : [made(options), steps];
    return found.filter((group) => group.length).map((group) => row(...group));
  }

  function folded(pencils, row) { // what few need, behind one button, so that the others are seen
    const more = make("details"), summary = make("summary", "nav", "✏️\u00a0" + words.change);
    summary.dataset.testid = "change";
    more.append(summary, row(...pencils));
    more.addEventListener("toggle", () => { if (more.open) more.scrollIntoView({ block: "nearest" }); });
    return more;
  }

  function button(id, chat, label, value, sort, picture) {
    const element = make(sort === "link" ? "a" : "button", sort === "nav" ? "nav" : "option");
    if (picture && picture.startsWith("/pictures/")) {
      const drawn = make("img", "drawn");
      drawn.src = picture;
      drawn.alt = ""; // the words beside it say the same
      element.append(drawn, say(make("span"), label.replace(/\p{Extended_Pictographic}[\ufe0f\u200d]*\s?/gu, "")));
    } else say(element, label);
    element.dataset.testid = sort === "nav" ? "nav" : "option";
    if (sort === "link") {
      if (/^(https:\/\/|tel:)/.test(value)) element.href = value;
      element.target = "_blank";
      element.rel = "noopener noreferrer";
      return element;
    }
    element.type = "button";
    element.dataset.value = value;
    element.addEventListener("click", () => {
      hideNote();
      if (sort === "location") askPlace(chat, element);
      else if (sort === "camera") $("camera").click();
      else press(id, chat, label, value, element);
    });
    return element;
  }

  function press(id, chat, label, value, element) {
    const bubble = element.closest(".bubble");
    if (bubble.querySelector(".busy")) return;
    const chosen = /^(?:a:)?language:([a-z]{2})$/.exec(value);
    if (chosen && kind !== "group") follow(chosen[1]);
    const bar = (on) => bubble.querySelectorAll("button").forEach((b) => b.setAttribute("aria-disabled", on));
    bar(true); // not `disabled`: that would take the focus away from who uses keys
    element.classList.add("busy");
    element.setAttribute("aria-busy", "true");
    const free = () => {
      element.classList.remove("busy");
      element.removeAttribute("aria-busy");
      bar(false);
    };
    add({ type: "choice", value, message: String(id), to: chat }, label, { home: bubble, free });
  }

  function askPlace(chat, element) {
    if (!navigator.geolocation) return showNote("no_place");
    if (element.classList.contains("busy")) return;
    element.classList.add("busy");
    const done = () => element.classList.remove("busy");
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      done();
      add({ type: "place", latitude: coords.latitude, longitude: coords.longitude, to: chat }, "📍 " + words.pin);
    }, () => { done(); showNote("no_place"); }, { enableHighAccuracy: true, timeout: 20000, maximumAge: 60000 });
  }

  function showNote(key) {
    note.textContent = words[key] || words.unreadable;
    note.hidden = false;
  }
  function hideNote() { note.hidden = true; }

  // One after the other, so that the bot hears things in the order they were said

  const queue = []; // {item, label, home, free, file}
  let sending = false, waits = 0, later = 0;

  function add(item, label, more) {
    item.id = uuid();
    item.language = switcher.value;
    keep(sessionStorage, "acted", (acted = last));
    const entry = Object.assign({ item, label }, more);
    if (label && !entry.home) {
      entry.home = showOwn(label, item.id);
      said.push({ id: item.id, text: label, after: last });
      said.splice(0, Math.max(0, said.length - MOST_SAID));
      shownSaid = said.length;
      keep(sessionStorage, "said", said);
    }
    queue.push(entry);
    keepQueue();
    pump();
  }

  function keepQueue() {
    keep(localStorage, "queue", queue.filter((e) => !e.file).map((e) => ({ item: e.item, label: e.label })));
  }

  async function pump() {
    if (sending || !queue.length) return;
    clearTimeout(later);
    sending = true;
    const entry = queue[0];
    const slow = setTimeout(() => state(entry, "sending"), 350);
    let answer = { status: 0 };
    try { answer = await deliver(entry); } catch (lost) { /* no connection: stays in the queue */ }
    clearTimeout(slow);
    sending = false;
    if (queue[0] !== entry) return pump();
    if (answer.status === 401) await session().catch(() => {});
    const refused = answer.status >= 400 && answer.status < 500 && ![401, 408, 429].includes(answer.status);
    if (answer.status === 200 || refused) {
      waits = 0;
      leave(entry, refused ? answer.why || "unreadable" : "");
      return pump();
    }
    state(entry, "unsent");
    if (answer.status === 401 && !waits) { waits = 1; return pump(); }
    waits = Math.min(waits + 1, 6);
    later = setTimeout(pump, Math.max((answer.wait || 0) * 1000, 1000 * 2 ** waits * (0.75 + Math.random() / 2)));
  }

  function leave(entry, why) {
    if (!queue.includes(entry)) return;
    queue.splice(queue.indexOf(entry), 1);
    keepQueue();
    if (entry.free) entry.free();
    state(entry, why ? "refused" : "");
    if (why) showNote(why);
  }

  function state(entry, how) {
    if (!entry.home) return;
    const old = entry.home.querySelector(".state");
    if (old) old.remove();
    if (!how) return;
    const line = make("div", "state" + (how === "sending" ? "" : " bad"));
    line.dataset.testid = "state";
    line.append(make("span", "", how === "sending" ? words.sending : words.unsent));
    if (how === "sending" && entry.file) {
      entry.progress = make("progress");
      entry.progress.max = 1;
      line.append(entry.progress);
    }
    if (how === "unsent") {
      const again = make("button", "nav", words.again), drop = make("button", "nav", words.drop);
      again.type = drop.type = "button";
      again.dataset.testid = "again";
      again.addEventListener("click", () => { pump(); });
      drop.addEventListener("click", () => { leave(entry, ""); forgetOwn(entry); pump(); });
      line.append(again, drop);
    }
    entry.home.append(line);
    settle(entry.home, false);
  }

  function forgetOwn(entry) {
    const at = said.findIndex((s) => s.id === entry.item.id);
    if (at < 0) return;
    said.splice(at, 1);
    shownSaid = said.length;
    keep(sessionStorage, "said", said);
    entry.home.remove();
  }

  async function post(path, body) {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), PATIENCE);
    try {
      const headers = { "X-NTS": "1", "Content-Type": "application/json" };
      const answer = await fetch(api + "/" + path, { method: "POST", headers, body: JSON.stringify(body || {}), signal: patience.signal });
      const why = answer.ok ? "" : (await answer.json().catch(() => ({}))).error;
      return { status: answer.status, why, wait: Number(answer.headers.get("Retry-After")) };
    } finally {
      clearTimeout(timer);
    }
  }

  const session = () => post("session");

  function deliver(entry) {
    return entry.file ? upload(entry) : post("messages", entry.item);
  }

  function upload(entry) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      const { id, to, seconds, language } = entry.item;
      const query = new URLSearchParams({ id, to: to || "", seconds: seconds || 0, language });
      request.open("POST", api + "/media?" + query);
      request.setRequestHeader("X-NTS", "1");
      request.setRequestHeader("Content-Type", entry.file.type || "application/octet-stream");
      request.upload.onprogress = (e) => { if (entry.progress && e.lengthComputable) entry.progress.value = e.loaded / e.total; };
      request.onerror = reject;
      request.onload = () => {
        let why = "";
        try { why = JSON.parse(request.responseText).error; } catch (other) { /* not ours */ }
        resolve({ status: request.status, why, wait: Number(request.getResponseHeader("Retry-After")) });
      };
      request.send(entry.file);
    });
  }

  // Server-sent events, taken up again after the last letter

  let line = null, tries = 0, comeBack = 0, grace = 0, moved = false;

  async function listen() {
    clearTimeout(comeBack);
    if (line) line.close();
    line = null;
    try { await session(); } catch (lost) { return lostLine(); }
    line = new EventSource(api + "/events?after=" + last);
    line.addEventListener("letter", (event) => showLetter(JSON.parse(event.data)));
    line.addEventListener("ready", atReady);
    line.addEventListener("moved", () => { moved = true; line.close(); line = null; });
    line.onerror = () => { line.close(); line = null; lostLine(); };
  }

  function lostLine() {
    if (moved) return;
    grace = grace || setTimeout(offline, 4000);
    tries = Math.min(tries + 1, 6);
    clearTimeout(comeBack);
    comeBack = setTimeout(listen, 500 * 2 ** tries * (0.5 + Math.random()));
  }

  function offline() {
    $("line").hidden = false;
    $("line").textContent = words.offline;
    if (ready) return;
    restoreQueue(); // nothing of the chat can be shown: what waits is, or it would seem lost
    queue.forEach((entry) => state(entry, "unsent"));
  }

  function atReady() {
    clearTimeout(grace);
    grace = tries = 0;
    $("line").hidden = true;
    document.body.dataset.ready = "yes";
    if (!ready) {
      ready = true;
      while (shownSaid < said.length) showOwn(said[shownSaid].text, said[shownSaid++].id);
      restoreQueue();
      if (log.lastElementChild) settle(log.lastElementChild, true);
      log.setAttribute("aria-live", "polite");
      if (!last && begins && !queue.length) {
        const asked = new URLSearchParams(location.search);
        add({ type: "hello", start: asked.get("p") || asked.get("start") || "" });
      }
    }
    pump();
  }

  function restoreQueue() {
    kept(localStorage, "queue", []).filter((e) => !queue.some((q) => q.item.id === e.item.id)).forEach((entry) => {
      if (entry.label) entry.home = showOwn(entry.label, entry.item.id);
      queue.push(entry);
    });
  }

  function wake() {
    if (document.hidden) return;
    moved = false;
    if (!line) listen();
    pump();
  }

  function fit() {
    input.style.height = "auto";
    input.style.height = input.scrollHeight + 3 + "px";
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    hideNote();
    if (tape) return stopTape(true);
    const text = input.value.trim();
    if (!text) return input.focus();
    if (text.length > MOST_TEXT) return showNote("long");
    input.value = "";
    keep(localStorage, "draft", "");
    fit();
    add({ type: "text", text }, text);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit ? form.requestSubmit() : $("send").click();
  });
  input.addEventListener("input", () => { fit(); keep(localStorage, "draft", input.value); });

  function sendFile(file, seconds) {
    hideNote();
    if (!/^(image|video|audio)\//.test(file.type)) return showNote("type");
    if (file.size > MOST_FILE) return showNote("large");
    const sort = { image: "photo", video: "video", audio: "voice" }[file.type.split("/")[0]];
    const icon = { photo: "📷 ", video: "🎞️ ", voice: "🎤 " }[sort];
    add({ type: "media", seconds: seconds || 0 }, icon + words[sort], { file });
  }

  for (const id of ["file", "camera"]) {
    $(id).addEventListener("change", (event) => {
      Array.from(event.target.files).forEach((file) => sendFile(file));
      event.target.value = "";
    });
  }
  $("attach").addEventListener("click", () => $("file").click());

  let tape = null;

  async function startTape() {
    hideNote();
    let stream;
    try { stream = await navigator.mediaDevices.getUserMedia({ audio: true }); } catch (refused) { return showNote("no_voice"); }
    const type = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"].find((t) => MediaRecorder.isTypeSupported(t));
    const recorder = new MediaRecorder(stream, type ? { mimeType: type, audioBitsPerSecond: 24000 } : {});
    const parts = [], from = Date.now();
    const clock = () => {
      const seconds = Math.round((Date.now() - from) / 1000);
      $("seconds").textContent = Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0");
      if (seconds >= MOST_RECORDING) stopTape(true);
    };
    recorder.ondataavailable = (event) => parts.push(event.data);
    tape = { recorder, stream, wanted: false, timer: setInterval(clock, 500) };
    const mine = tape;
    recorder.onstop = () => {
      stream.getTracks().forEach((track) => track.stop());
      const sound = new Blob(parts, { type: (recorder.mimeType || "audio/webm").split(";")[0] });
      if (mine.wanted && sound.size) sendFile(sound, Math.round((Date.now() - from) / 1000));
    };
    recorder.start(1000);
    clock();
    taping(true);
  }

  function stopTape(wanted) {
    if (!tape) return;
    clearInterval(tape.timer);
    tape.wanted = wanted;
    tape.recorder.stop();
    tape = null;
    taping(false);
  }

  function taping(on) {
    input.hidden = $("attach").hidden = $("record").hidden = on;
    $("taping").hidden = $("throw").hidden = !on;
    $("send").dataset.label = on ? "stop" : "send";
    $("send").setAttribute("aria-label", $("send").title = words[$("send").dataset.label]);
    (on ? $("send") : input).focus();
  }

  if (window.MediaRecorder && navigator.mediaDevices) {
    $("record").hidden = false;
    $("record").addEventListener("click", startTape);
    $("throw").addEventListener("click", () => stopTape(false));
  }

  function askForget() {
    if ($("ask").showModal) $("ask").showModal();
    else if (confirm(words.forget_ask)) forget();
  }

  async function forget() {
    try {
      const answer = await post("forget");
      if (answer.status >= 400 && answer.status !== 401) throw new Error(String(answer.status));
    } catch (lost) {
      $("ask").close();
      return showNote("unsent");
    }
    if (line) line.close();
    window.removeEventListener("focus", wake);
    document.removeEventListener("visibilitychange", wake);
    window.removeEventListener("online", wake);
    clearTimeout(comeBack);
    localStorage.clear();
    sessionStorage.clear();
    forgetAddress();
    fill(document.body, make("p", "gone", words.forgotten));
  }

  if (kind === "resident") {
    $("forget").hidden = false;
    $("forget").addEventListener("click", askForget);
    $("ask-no").addEventListener("click", () => $("ask").close());
    $("ask-yes").addEventListener("click", forget);
  }

  switcher.addEventListener("change", () => {
    keep(localStorage, "language", switcher.value);
    speak(switcher.value).catch(() => {});
    if (begins && last) add({ type: "text", text: "/language " + switcher.value });
  });

  input.value = kept(localStorage, "draft", "");
  log.setAttribute("aria-live", "off");
  window.addEventListener("resize", fit);
  window.addEventListener("online", wake);
  window.addEventListener("focus", wake);
  document.addEventListener("visibilitychange", wake);
  (async function begin() {
    const language = guess();
    for (let pause = 1000; ; pause = Math.min(pause * 2, 30000)) {
      try { await speak(language); break; } catch (lost) { await new Promise((go) => setTimeout(go, pause)); }
    }
    fit();
    listen();
  })();
})();
