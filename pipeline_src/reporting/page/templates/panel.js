"use strict";
/* What the parts of the script share. */
var report = {};
(function () {
  var root = document.documentElement;
  root.classList.add("with-js");
  var facts = JSON.parse(document.getElementById("facts").textContent);
  var panel = document.getElementById("panel");
  var heading = document.getElementById("panel-h");
  var body = document.getElementById("panel-body");
  var opened = null;
  var pinned = false;
  var timer = 0;

  function element(name, text, parent) {
    var made = document.createElement(name);
    if (text) made.textContent = text;
    if (parent) parent.appendChild(made);
    return made;
  }

  function list(pairs, parent) {
    var dl = element("dl", "", parent);
    pairs.forEach(function (pair) {
      if (!pair[1]) return;
      element("dt", pair[0], dl);
      element("dd", pair[1], dl);
    });
  }

  function copier(word, text, parent) {
    var button = element("button", word, parent);
    button.type = "button";
    button.className = "open";
    button.addEventListener("click", function () { report.copy(text, button); });
  }

  function fold(title, text, parent) {
    var details = element("details", "", parent);
    element("summary", title, details);
    element("pre", text, details);
  }

  /* Random networks share a seed: the sampling index tells them apart. */
  function seedOf(one) {
    return one.index ? one.seed + ", sampling index " + one.index : one.seed;
  }

  function tell(source, parent, open) {
    var trace = facts.traces[source];
    var details = element("details", "", parent);
    details.open = open;
    element("summary", "Run " + trace.run + " (" + trace.rule + ")", details);
    var seeds = trace.upstream.filter(function (one) { return one.seed; })
      .map(function (one) { return seedOf(one) + " (" + one.rule + ")"; }).join(", ");
    list([
      ["Run", trace.run], ["Rule", trace.rule], ["Seed", trace.seed || (seeds && "none of its own; behind it " + seeds)], ["Device", trace.device],
      ["Date", trace.date], ["Wall time", trace.wall], ["Git commit", trace.commit],
      ["Resumed; begun by", trace.earlier],
      ["Artifact", trace.artifact], ["Its SHA-256", trace.sha256], ["Log", trace.log]
    ], details);
    fold("Command", trace.command, details);
    fold("Configuration", facts.settings[trace.settings], details);
    var inputs = Object.keys(trace.inputs).map(function (path) { return path + "\n  " + trace.inputs[path]; });
    if (inputs.length) fold("Inputs with SHA-256 (" + inputs.length + ")", inputs.join("\n"), details);
    var before = trace.upstream.map(function (one) {
      return one.run + (one.rule ? " (" + one.rule + ")" : "") + (one.seed ? ", seed " + seedOf(one) : "") +
        (one.commit ? ", commit " + one.commit : "") + "\n  " + one.artifact + (one.date ? ", " + one.date : "") +
        (one.earlier ? "\n  resumed; begun by " + one.earlier : "");
    });
    if (before.length) fold("Runs behind it, with their seeds (" + before.length + ")", before.join("\n"), details);
  }

  function place(button) {
    panel.style.left = panel.style.top = "";
    panel.style.maxHeight = panel.style.width = "";
    var cell = button.getBoundingClientRect();
    if (window.innerWidth < 700) {
      var hiddenBy = cell.bottom + 12 - (window.innerHeight - panel.offsetHeight);
      if (pinned && hiddenBy > 0) window.scrollBy(0, hiddenBy);
      return;
    }
    var free = between(button, cell);
    var wide = Math.min(576, root.clientWidth - free.left - 8);
    var below = free.bottom - cell.bottom - 12;
    var above = cell.top - free.top - 12;
    panel.style.width = wide + "px";
    panel.style.maxHeight = Math.max(96, Math.min(560, Math.max(above, below))) + "px";
    panel.style.left = Math.max(free.left, Math.min(cell.left, root.clientWidth - wide - 8)) + "px";
    panel.style.top = (below >= above ? cell.bottom + 6 : cell.top - 6 - panel.offsetHeight) + "px";
  }

  /* The room around a value in which no heading stands, of its table, its row or another part. */
  function between(button, cell) {
    var free = { left: 8, top: 4, bottom: window.innerHeight - 4 };
    var row = button.closest("tr");
    if (row && !button.closest("th")) {
      row.parentNode.querySelectorAll("th").forEach(function (one) {
        free.left = Math.max(free.left, Math.min(one.getBoundingClientRect().right + 4, root.clientWidth - 340));
      });
    }
    document.querySelectorAll("#contents, main h2, main h3, thead").forEach(function (one) {
      var at = (one.tagName === "THEAD" ? one.rows[0].cells[0] : one).getBoundingClientRect();
      if (at.bottom <= cell.top) free.top = Math.max(free.top, at.bottom);
      else if (at.top >= cell.bottom) free.bottom = Math.min(free.bottom, at.top);
    });
    return free;
  }

  function show(button, pin) {
    var entry = facts.entries[button.dataset.key];
    clearTimeout(timer);
    if (opened && opened !== button) opened.removeAttribute("aria-expanded");
    opened = button;
    pinned = pin;
    heading.textContent = entry.title;
    body.textContent = "";
    list(Object.keys(entry.facts).map(function (name) { return [name, entry.facts[name]]; }), body);
    if (entry.explain) {
      var cite = element("p", "", body);
      cite.className = "cite-line";
      element("code", entry.explain, cite);
      copier("Copy command", entry.explain, cite);
      copier("Copy link", report.link(button.dataset.key), cite);
    }
    if (entry.sources.length) element("h3", entry.sources.length > 1 ? entry.sources.length + " result files" : "Result file", body);
    entry.sources.forEach(function (source, index) { tell(source, body, index === 0); });
    panel.hidden = false;
    if (pin) address(button.dataset.key);
    button.setAttribute("aria-expanded", "true");
    place(button);
    body.scrollTop = 0;
    if (pin) heading.focus({ preventScroll: true });
  }

  function hide(back) {
    clearTimeout(timer);
    if (panel.hidden) return;
    panel.hidden = true;
    if (pinned) address("");
    pinned = false;
    if (opened) {
      opened.removeAttribute("aria-expanded");
      if (back) opened.focus({ preventScroll: true });
    }
    opened = null;
  }

  /* The address names what is open, as `#table_3/autortnet/miou`, `#claim/C8` or `#figure_5`. */
  function address(key) {
    try {
      history.replaceState(null, "", key ? "#" + encodeURI(key) : location.pathname + location.search);
    } catch (refused) { /* shown inside of another page: then there is no address to change */ }
  }

  function openAddress() {
    go(decodeURIComponent(location.hash.slice(1)));
  }

  function go(key) {
    var button = facts.entries[key] && document.getElementById(key);
    if (button && !openerOf(button)) button = button.querySelector("button.open[data-key]");
    if (!button) return;
    var only = document.getElementById("measured-only");
    if (only.checked && !button.getClientRects().length) only.click();
    button.scrollIntoView({ block: "center", inline: "center" });
    show(button, true);
  }

  report.facts = facts;
  report.hide = function () { hide(false); };
  window.addEventListener("hashchange", openAddress);

  function openerOf(target) {
    return target.closest ? target.closest("button[data-key]") : null;
  }

  document.addEventListener("click", function (event) {
    var button = openerOf(event.target);
    if (button && button.classList.contains("spot")) go(button.dataset.key);
    else if (button) {
      if (pinned && opened === button) hide(true);
      else show(button, true);
    } else if (!panel.contains(event.target)) hide(false);
  });
  document.getElementById("panel-close").addEventListener("click", function () { hide(true); });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") hide(pinned);
  });
  document.addEventListener("pointerover", function (event) {
    if (event.pointerType !== "mouse" || pinned) return;
    var button = openerOf(event.target);
    if (button === opened && button) { clearTimeout(timer); return; }
    if (panel.contains(event.target)) { clearTimeout(timer); return; }
    clearTimeout(timer);
    timer = setTimeout(function () {
      if (button) show(button, false);
      else hide(false);
    }, button ? 300 : 250);
  });
  window.addEventListener("resize", function () { if (opened) place(opened); });
  window.addEventListener("scroll", function () { if (opened && !pinned) hide(false); }, { passive: true });
  window.addEventListener("load", openAddress);
})();
