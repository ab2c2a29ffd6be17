// Pictures in groups; a click tells which. All text is set as text, never as HTML.
const SMALL_PX = 64
const FEW = 4

function element(name, className, ...children) {
  const made = document.createElement(name)
  if (className) made.className = className
  made.append(...children)
  return made
}

function frame(picture) {
  if (!picture.source) return element("div", "frame", element("div", "nothing", "cannot be shown"))
  const image = document.createElement("img")
  image.alt = picture.id
  image.onload = () => {
    if (image.naturalWidth <= SMALL_PX) image.style.imageRendering = "pixelated"
  }
  image.src = picture.source
  return element("div", "frame", image)
}

function card(picture, clicked) {
  const lines = picture.lines.map((line) => {
    const shown = element("div", "", line)
    shown.title = line
    return shown
  })
  const button = element("button", "", frame(picture), element("div", "text", ...lines))
  button.type = "button"
  button.onclick = () => clicked(picture.id)
  return button
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".pictures")
  const shown = JSON.stringify(data)
  if (root.shown === shown) return // drawn already, and redrawing would flicker
  root.shown = shown
  root.replaceChildren(
    ...data.map((group) => {
      const grid = element("div", "grid", ...group.pictures.map((picture) => card(picture, (id) => setTriggerValue("clicked", id))))
      const section = element("section", data.length > 1 && group.pictures.length <= FEW ? "few" : "", grid)
      if (group.heading) section.prepend(element("h4", "", group.heading))
      return section
    }),
  )
}
