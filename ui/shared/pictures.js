// Pictures in groups; a click returns the picture's id. Text is never set as HTML.
const SMALL_PX = 64
const FEW = 4
const DIALOG = '[role="dialog"]'

function element(name, className, ...children) {
  const made = document.createElement(name)
  if (className) made.className = className
  made.append(...children)
  return made
}

function frame(picture) {
  const shown = element("div", "frame")
  if (picture.source) {
    const image = document.createElement("img")
    image.alt = picture.id
    image.onload = () => {
      if (image.naturalWidth <= SMALL_PX) image.style.imageRendering = "pixelated"
    }
    image.src = picture.source
    shown.append(image)
  } else shown.append(element("div", "nothing", "cannot be shown"))
  if (picture.badge) {
    const { good, word } = picture.badge
    shown.append(element("span", good ? "badge good" : "badge bad", `${good ? "✓" : "✕"} ${word}`))
  }
  return shown
}

// When a dialog that the click opened is closed, no element has the focus: return it to the clicked picture.
function focusAfterDialog(button) {
  let opened = false
  const watch = new MutationObserver(() => {
    const open = document.querySelector(DIALOG) !== null
    if (opened && !open) {
      watch.disconnect()
      requestAnimationFrame(() => button.focus())
    }
    opened ||= open
  })
  watch.observe(document.body, { childList: true, subtree: true })
  setTimeout(() => opened || watch.disconnect(), 10000)
}

function card(picture, clicked) {
  const lines = picture.lines.map((line) => {
    const shown = element("div", "", line)
    shown.title = line
    return shown
  })
  const button = element("button", picture.badge ? (picture.badge.good ? "right" : "wrong") : "", frame(picture))
  if (lines.length) button.append(element("div", "text", ...lines))
  button.type = "button"
  button.title = picture.id
  if (picture.chosen) button.setAttribute("aria-current", "true")
  button.onclick = () => {
    focusAfterDialog(button)
    clicked(picture.id)
  }
  return button
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".pictures")
  const shown = JSON.stringify(data)
  if (root.shown === shown) return // already drawn, and redrawing would flicker
  root.shown = shown
  requestAnimationFrame(() => {
    const chosen = root.querySelector(".row [aria-current]")
    const line = chosen?.parentElement
    if (line) line.scrollLeft = chosen.offsetLeft - line.offsetLeft - (line.clientWidth - chosen.clientWidth) / 2
  })
  root.replaceChildren(
    ...data.map((group) => {
      const grid = element("div", "grid", ...group.pictures.map((picture) => card(picture, (id) => setTriggerValue("clicked", id))))
      const few = data.length > 1 && group.pictures.length <= FEW
      const section = element("section", group.row ? "row" : few ? "few" : "", grid)
      if (group.heading) section.prepend(element("h4", "", group.heading))
      return section
    }),
  )
}
