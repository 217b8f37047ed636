"use strict";
(function () {
  /* The section that is read now is marked in the contents. */
  var nav = document.getElementById("contents");
  var links = Array.prototype.slice.call(nav.querySelectorAll("a[href^='#']"));
  var parts = links.map(function (link) {
    var target = document.getElementById(link.getAttribute("href").slice(1));
    return [target.closest("section.artefact") || target, link];
  });
  var marked = null;
  var waiting = false;

  function mark() {
    waiting = false;
    var edge = nav.getBoundingClientRect().bottom + window.innerHeight / 4;
    var now = null;
    parts.forEach(function (part) {
      if (part[0].getBoundingClientRect().top <= edge) now = part[1];
    });
    if (now === marked) return;
    if (marked) marked.removeAttribute("aria-current");
    marked = now;
    if (!now) return;
    now.setAttribute("aria-current", "location");
    var list = now.closest("ul");
    var at = now.getBoundingClientRect();
    var box = list.getBoundingClientRect();
    if (at.left < box.left || at.right > box.right) list.scrollLeft += at.left - box.left - box.width / 2;
  }

  function later() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(mark);
  }

  window.addEventListener("scroll", later, { passive: true });
  window.addEventListener("resize", later);
  mark();

  var only = document.getElementById("measured-only");
  function filter() {
    document.documentElement.classList.toggle("only-measured", only.checked);
    later();
  }
  only.addEventListener("change", filter);
  filter();
})();
