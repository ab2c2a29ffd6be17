"use strict";
// All text goes in as text: names of files and classes are never read as HTML.
const MOST = 100, AT_ONCE = 4, TRIES = 20, PAUSE_MS = 1000;
const find = id => document.getElementById(id);
const queue = [];
let running = 0;

const make = (name, className, text = "") => {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
};

const percent = value => `${(100 * value).toFixed(1)} %`;

const pause = ms => new Promise(done => setTimeout(done, ms));

async function ask(file) {
  for (let tried = 1; ; tried++) {
    const response = await fetch("predict", {method: "POST", body: file, headers: {"Content-Type": "application/octet-stream"}});
    const body = await response.json();
    if (response.ok) return body.predictions[0];
    if (![429, 503].includes(response.status) || tried === TRIES) return {error: body.error};
    await pause(PAUSE_MS);
  }
}

function tell(said, answer) {
  said.querySelector(".label").remove();
  if (answer.error) {
    said.append(make("div", "failed", answer.error.message));
    return;
  }
  said.append(make("div", answer.sure ? "label" : "label unsure", answer.label));
  if (answer.far) said.append(make("div", "far", "Unlike everything that the model was trained on."));
  const bars = make("div", "bars");
  for (const {label, probability} of answer.top) {
    const bar = make("div", "bar");
    const progress = make("progress", "");
    progress.max = 1;
    progress.value = probability;
    progress.setAttribute("aria-label", label);
    bar.append(make("span", "", label), make("span", "", percent(probability)), progress);
    bars.append(bar);
  }
  said.append(bars);
}

async function next() {
  if (running >= AT_ONCE || !queue.length) return;
  running++;
  const {file, said} = queue.shift();
  try {
    tell(said, await ask(file));
  } catch {
    tell(said, {error: {message: "The server cannot be reached."}});
  }
  running--;
  next();
}

function show(file) {
  const card = make("li", "card"), picture = make("div", "picture"), said = make("div", "said");
  const image = new Image(), address = URL.createObjectURL(file);
  image.alt = "";
  image.onload = () => URL.revokeObjectURL(address);
  image.onerror = () => {
    URL.revokeObjectURL(address);
    picture.replaceChildren(make("span", "", "No preview in this browser"));
  };
  image.src = address;
  picture.append(image);
  const name = make("div", "name", file.name);
  name.title = file.name;
  said.append(name, make("div", "label unsure", "…"));
  card.append(picture, said);
  find("cards").prepend(card);
  queue.push({file, said});
  next();
}

function take(files) {
  const taken = [...files].slice(0, MOST);
  find("notice").hidden = taken.length === files.length;
  find("notice").textContent = `Only the first ${MOST} images are taken here. For more, use the address predict.`;
  taken.forEach(show);
}

const drop = find("drop");
find("files").addEventListener("change", event => {
  take(event.target.files);
  event.target.value = "";
});
for (const kind of ["dragenter", "dragover"]) addEventListener(kind, event => {
  event.preventDefault();
  drop.classList.add("over");
});
for (const kind of ["dragleave", "drop"]) addEventListener(kind, event => {
  event.preventDefault();
  if (kind === "drop" || !event.relatedTarget) drop.classList.remove("over");
});
addEventListener("drop", event => take(event.dataTransfer.files));
addEventListener("paste", event => event.clipboardData.files.length && take(event.clipboardData.files));

fetch("model").then(response => response.json()).then(model => {
  find("title").textContent = `The answer comes from ${model.title}.`;
  const shown = model.classes.slice(0, 12), more = model.classes.length - shown.length;
  find("classes").textContent = `Its classes: ${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}.`;
  find("card").hidden = !model.card;
});
