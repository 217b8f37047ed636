"use strict";
(function () {
  var files = JSON.parse(document.getElementById("files").textContent);
  var status = document.getElementById("status");

  /* To the clipboard; a browser that keeps it from a page on a disk still has the older way. */
  function older(text) {
    var area = document.createElement("textarea");
    area.value = text;
    document.body.appendChild(area);
    area.select();
    var done = document.execCommand("copy");
    area.remove();
    return done;
  }

  report.copy = function (text, button) {
    function said(done) {
      status.textContent = done ? "Copied." : "This browser does not let the page copy.";
      var word = button.dataset.word || (button.dataset.word = button.textContent);
      button.textContent = done ? "copied" : "not copied";
      setTimeout(function () { button.textContent = word; status.textContent = ""; }, 1500);
    }
    if (!navigator.clipboard) said(older(text));
    else navigator.clipboard.writeText(text).then(function () { said(true); }, function () { said(older(text)); });
  };

  report.link = function (key) {
    return location.href.split("#")[0] + "#" + encodeURI(key);
  };

  document.querySelectorAll("button[data-copy]").forEach(function (button) {
    button.addEventListener("click", function () { report.copy(files[button.dataset.copy], button); });
  });
  document.querySelectorAll("button[data-link]").forEach(function (button) {
    button.addEventListener("click", function () { report.copy(report.link(button.dataset.link), button); });
  });

  /* One archive of all that the page holds: stored, not packed, as APPNOTE of the ZIP format says. */
  var crcs = Array.from({ length: 256 }, function (_, byte) {
    for (var bit = 0; bit < 8; bit++) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
    return byte >>> 0;
  });

  function crc(bytes) {
    var sum = 0xffffffff;
    for (var at = 0; at < bytes.length; at++) sum = crcs[(sum ^ bytes[at]) & 255] ^ (sum >>> 8);
    return (sum ^ 0xffffffff) >>> 0;
  }

  /* Little-endian numbers of the given widths in bytes. */
  function numbers(pairs) {
    var bytes = [];
    pairs.forEach(function (pair) {
      for (var at = 0; at < pair[1]; at++) bytes.push(Math.floor(pair[0] / Math.pow(256, at)) & 255);
    });
    return Uint8Array.from(bytes);
  }

  function zip(contents) {
    var parts = [];
    var index = [];
    var at = 0;
    Object.keys(contents).sort().forEach(function (path) {
      var name = new TextEncoder().encode(path);
      var bytes = contents[path];
      /* version 2.0, names in UTF-8, stored, 1980-01-01 */
      var facts = [[20, 2], [0x800, 2], [0, 2], [0, 2], [0x21, 2], [crc(bytes), 4], [bytes.length, 4], [bytes.length, 4],
        [name.length, 2], [0, 2]];
      index.push(numbers([[0x02014b50, 4], [20, 2]].concat(facts, [[0, 2], [0, 2], [0, 2], [0, 4], [at, 4]])), name);
      parts.push(numbers([[0x04034b50, 4]].concat(facts)), name, bytes);
      at += 30 + name.length + bytes.length;
    });
    var size = index.reduce(function (sum, part) { return sum + part.length; }, 0);
    var count = index.length / 2;
    var end = numbers([[0x06054b50, 4], [0, 4], [count, 2], [count, 2], [size, 4], [at, 4], [0, 2]]);
    return new Blob(parts.concat(index, [end]), { type: "application/zip" });
  }

  function bytesOf(uri) {
    var content = uri.slice(uri.indexOf(",") + 1);
    if (!/;base64,/.test(uri)) return new TextEncoder().encode(decodeURIComponent(content));
    return Uint8Array.from(atob(content), function (letter) { return letter.charCodeAt(0); });
  }

  document.getElementById("download").addEventListener("click", function (event) {
    var contents = {};
    var text = new TextEncoder();
    Object.keys(files).forEach(function (path) { contents[path] = text.encode(files[path]); });
    contents["provenance.json"] = text.encode(JSON.stringify(report.facts, null, 1));
    document.querySelectorAll("img[data-file]").forEach(function (image) {
      contents[image.dataset.file] = bytesOf(image.src);
    });
    var link = document.createElement("a");
    link.href = URL.createObjectURL(zip(contents));
    link.download = event.currentTarget.dataset.name;
    link.click();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 60000);
  });
})();
