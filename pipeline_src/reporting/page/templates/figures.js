"use strict";
(function () {
  /* Points of a picture lie where its words say; the style may not be written into the page's elements. */
  document.querySelectorAll(".spot").forEach(function (spot) {
    spot.style.left = 100 * spot.dataset.x + "%";
    spot.style.top = 100 * spot.dataset.y + "%";
  });

  /* A frame under its label at the left of a slider, and under a prediction at the right of it. */
  var shown = JSON.parse(document.getElementById("frames").textContent);

  function add(name, parent, text) {
    var made = document.createElement(name);
    if (text) made.textContent = text;
    parent.appendChild(made);
    return made;
  }

  function choice(parent, word, names) {
    var label = add("label", parent, word + " ");
    var select = add("select", label);
    names.forEach(function (name, index) { add("option", select, name).value = index; });
    return select;
  }

  function loaded(uri) {
    return new Promise(function (done) {
      var image = new Image();
      image.onload = function () { done(image); };
      image.src = uri;
    });
  }

  function pixels(image, width, height) {
    var canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    var context = canvas.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingEnabled = false;
    context.drawImage(image, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  }

  function build(place, figure) {
    var tools = add("p", place);
    tools.className = "tools";
    var frame = choice(tools, "Frame", figure.frames.map(function (one) { return one.name; }));
    var network = choice(tools, "Prediction of", figure.networks.map(function (one) { return one.label; }));
    var sliding = add("label", tools, "label ");
    var slider = add("input", sliding);
    slider.type = "range";
    slider.min = 0;
    slider.max = 100;
    slider.value = 50;
    slider.setAttribute("aria-label", "How much of the frame shows the label; the rest shows the prediction");
    sliding.appendChild(document.createTextNode(" prediction"));
    var score = add("span", tools);
    score.className = "frame-score";
    var canvas = add("canvas", place);
    canvas.setAttribute("role", "img");
    canvas.className = "photograph";
    var boxes = add("p", place);
    boxes.className = "classes";
    var off = {};
    var all = add("button", boxes, "none");
    all.type = "button";
    all.className = "open";
    figure.classes.forEach(function (one) {
      var label = add("label", boxes);
      var box = add("input", label);
      box.type = "checkbox";
      box.checked = true;
      var swatch = add("span", label);
      swatch.className = "swatch";
      swatch.style.background = "rgb(" + one.colour.join(",") + ")";
      label.appendChild(document.createTextNode(one.name));
      box.addEventListener("change", function () { off[one.colour.join()] = !box.checked; draw(); });
    });
    all.addEventListener("click", function () {
      var on = all.textContent === "all";
      boxes.querySelectorAll("input").forEach(function (box) {
        box.checked = on;
        box.dispatchEvent(new Event("change"));
      });
      all.textContent = on ? "none" : "all";
    });
    var layers = null;

    function load() {
      var one = figure.frames[frame.value];
      var column = figure.networks[network.value].column;
      Promise.all([one.image, one.maps.truth, one.maps[column]].map(loaded)).then(function (images) {
        canvas.width = images[0].naturalWidth;
        canvas.height = images[0].naturalHeight;
        layers = images.map(function (image) { return pixels(image, canvas.width, canvas.height); });
        score.textContent = one.miou[column];
        draw();
      });
    }

    function draw() {
      if (!layers) return;
      var width = canvas.width;
      var edge = Math.round(width * slider.value / 100);
      var out = new ImageData(new Uint8ClampedArray(layers[0].data), width, canvas.height);
      for (var at = 0; at < out.data.length; at += 4) {
        var x = (at / 4) % width;
        var from = layers[x < edge ? 1 : 2].data;
        if (x === edge && edge > 0) out.data.set([255, 255, 255], at);
        else if (!off[from[at] + "," + from[at + 1] + "," + from[at + 2]]) {
          for (var channel = 0; channel < 3; channel++) {
            out.data[at + channel] = 0.3 * out.data[at + channel] + 0.7 * from[at + channel];
          }
        }
      }
      canvas.getContext("2d").putImageData(out, 0, 0);
      canvas.setAttribute("aria-label", figure.frames[frame.value].name + ": label on the left " + slider.value +
        " %, prediction of " + figure.networks[network.value].label + " on the rest");
    }

    frame.addEventListener("change", load);
    network.addEventListener("change", load);
    slider.addEventListener("input", draw);
    load();
  }

  document.querySelectorAll(".frames").forEach(function (place) { build(place, shown[place.dataset.figure]); });
})();
