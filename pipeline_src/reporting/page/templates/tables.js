"use strict";
(function () {
  function openerOf(target) {
    return target.closest ? target.closest("button[data-key]") : null;
  }

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
    report.hide();
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
