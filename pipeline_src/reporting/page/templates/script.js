"use strict";
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

  function fold(title, text, parent) {
    var details = element("details", "", parent);
    element("summary", title, details);
    element("pre", text, details);
  }

  function tell(source, parent, open) {
    var trace = facts.traces[source];
    var details = element("details", "", parent);
    details.open = open;
    element("summary", "Run " + trace.run + " (" + trace.rule + ")", details);
    var seeds = trace.upstream.filter(function (one) { return one.seed; })
      .map(function (one) { return one.seed + " (" + one.rule + ")"; }).join(", ");
    list([
      ["Run", trace.run], ["Rule", trace.rule], ["Seed", trace.seed || (seeds && "none of its own; behind it " + seeds)], ["Device", trace.device],
      ["Date", trace.date], ["Wall time", trace.wall], ["Git commit", trace.commit],
      ["Artifact", trace.artifact], ["Its SHA-256", trace.sha256], ["Log", trace.log]
    ], details);
    fold("Command", trace.command, details);
    fold("Configuration", facts.settings[trace.settings], details);
    var inputs = Object.keys(trace.inputs).map(function (path) { return path + "\n  " + trace.inputs[path]; });
    if (inputs.length) fold("Inputs with SHA-256 (" + inputs.length + ")", inputs.join("\n"), details);
    var before = trace.upstream.map(function (one) {
      return one.run + (one.rule ? " (" + one.rule + ")" : "") + (one.seed ? ", seed " + one.seed : "") +
        (one.commit ? ", commit " + one.commit : "") + "\n  " + one.artifact + (one.date ? ", " + one.date : "");
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
    if (entry.sources.length) element("h3", entry.sources.length > 1 ? entry.sources.length + " result files" : "Result file", body);
    entry.sources.forEach(function (source, index) { tell(source, body, index === 0); });
    panel.hidden = false;
    button.setAttribute("aria-expanded", "true");
    place(button);
    body.scrollTop = 0;
    if (pin) heading.focus({ preventScroll: true });
  }

  function hide(back) {
    clearTimeout(timer);
    if (panel.hidden) return;
    panel.hidden = true;
    pinned = false;
    if (opened) {
      opened.removeAttribute("aria-expanded");
      if (back) opened.focus({ preventScroll: true });
    }
    opened = null;
  }

  function openerOf(target) {
    return target.closest ? target.closest("button[data-key]") : null;
  }

  document.addEventListener("click", function (event) {
    var button = openerOf(event.target);
    if (button) {
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

  /* One tab stop for the values of a table; the arrow keys move inside of it. */
  function valuesOf(table) {
    return Array.prototype.slice.call(table.querySelectorAll("button.v"));
  }

  document.querySelectorAll("table.data").forEach(function (table) {
    valuesOf(table).forEach(function (button, index) { button.tabIndex = index ? -1 : 0; });
    table.addEventListener("focusin", function (event) {
      var button = openerOf(event.target);
      if (!button) return;
      valuesOf(table).forEach(function (other) { other.tabIndex = other === button ? 0 : -1; });
    });
    table.addEventListener("keydown", function (event) {
      var button = openerOf(event.target);
      if (!button) return;
      var next = neighbour(table, button, event.key);
      if (!next) return;
      event.preventDefault();
      next.focus();
    });
  });

  function neighbour(table, button, key) {
    var all = valuesOf(table);
    var index = all.indexOf(button);
    if (key === "ArrowRight") return all[index + 1];
    if (key === "ArrowLeft") return all[index - 1];
    if (key === "Home") return all[0];
    if (key === "End") return all[all.length - 1];
    if (key !== "ArrowDown" && key !== "ArrowUp") return null;
    var down = key === "ArrowDown";
    var lines = Array.prototype.slice.call(table.querySelectorAll("tbody tr"));
    var from = lines.indexOf(button.closest("tr"));
    var at = columnOf(button.closest("td"));
    for (var line = from + (down ? 1 : -1); lines[line]; line += down ? 1 : -1) {
      var cell = lines[line].querySelectorAll("td")[at];
      var found = cell && cell.querySelector("button.v");
      if (found) return found;
    }
    return null;
  }

  function columnOf(cell) {
    return Array.prototype.indexOf.call(cell.parentNode.querySelectorAll("td"), cell);
  }

  /* Rows of a table are its tbody elements: a row moves with all of its lines. */
  function sortKey(group, column, which) {
    if (column === "name") return group.querySelector("th.name").textContent.trim().toLowerCase();
    var line = group.querySelector("tr." + which);
    var cell = line && line.querySelectorAll("td")[Number(column)];
    if (!cell) return null;
    if (cell.dataset.number !== undefined) return Number(cell.dataset.number);
    var button = cell.querySelector("button");
    return button ? button.textContent.trim().toLowerCase() : null;
  }

  function compare(a, b) {
    if (typeof a === "number" && typeof b === "number") return a - b;
    if (typeof a === "number") return -1;
    if (typeof b === "number") return 1;
    return a < b ? -1 : a > b ? 1 : 0;
  }

  function sort(table) {
    var groups = table.firstOrder || (table.firstOrder = Array.prototype.slice.call(table.tBodies));
    var head = table.querySelector('th[aria-sort]:not([aria-sort="none"])');
    var order = groups.slice();
    if (head) {
      var sign = head.getAttribute("aria-sort") === "ascending" ? 1 : -1;
      var column = head.querySelector("button").dataset.column;
      var select = document.querySelector('select[data-sorts="' + table.id + '"]');
      var keyed = groups.map(function (group) { return [group, sortKey(group, column, select.value)]; });
      keyed.sort(function (a, b) {
        if (a[1] === null || b[1] === null) return (a[1] === null) - (b[1] === null);
        return sign * compare(a[1], b[1]);
      });
      order = keyed.map(function (pair) { return pair[0]; });
    }
    order.forEach(function (group) { table.appendChild(group); });
  }

  document.querySelectorAll("button.sort").forEach(function (button) {
    button.addEventListener("click", function () {
      var head = button.closest("th");
      var table = button.closest("table");
      var first = button.dataset.first || "ascending";
      var second = first === "ascending" ? "descending" : "ascending";
      var next = {};
      next.none = first;
      next[first] = second;
      next[second] = "none";
      next = next[head.getAttribute("aria-sort")];
      table.querySelectorAll("th[aria-sort]").forEach(function (other) { other.setAttribute("aria-sort", "none"); });
      head.setAttribute("aria-sort", next);
      sort(table);
    });
  });
  document.querySelectorAll("select[data-sorts]").forEach(function (select) {
    select.addEventListener("change", function () { sort(document.getElementById(select.dataset.sorts)); });
  });

  /* Paper cannot be unfolded. */
  var unfolded = [];
  window.addEventListener("beforeprint", function () {
    hide(false);
    document.querySelectorAll("main details:not([open]), header details:not([open])").forEach(function (details) {
      details.open = true;
      unfolded.push(details);
    });
  });
  window.addEventListener("afterprint", function () {
    unfolded.forEach(function (details) { details.open = false; });
    unfolded = [];
  });
})();
