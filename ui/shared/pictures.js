// Pictures in groups: a click returns the picture's id, and marks choose several pictures. Text is never set as HTML.
const FEW = 4
const DIALOG = '[role="dialog"]'

function frame({ id, source, badge }) {
  const shown = element("div", "frame", source ? image(source, id) : element("div", "nothing", "cannot be shown"))
  if (badge) {
    const { good, word } = badge
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

function card(root, picture) {
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
  button.onclick = (event) => {
    if (root.marks && !picture.fixed && (event.shiftKey || event.ctrlKey || event.metaKey)) return mark(root, picture.id, event.shiftKey)
    focusAfterDialog(button)
    root.send.clicked(picture.id)
  }
  if (!root.marks || picture.fixed) return button
  button.onkeydown = (event) => {
    if (event.key !== " ") return
    event.preventDefault()
    mark(root, picture.id, event.shiftKey)
  }
  button.onkeyup = (event) => event.key === " " && event.preventDefault()
  const check = element("span", "check", element("span", "", "✓"))
  check.setAttribute("role", "checkbox")
  check.setAttribute("aria-label", `Choose ${picture.id}`)
  check.tabIndex = 0
  check.onclick = (event) => mark(root, picture.id, event.shiftKey)
  check.onkeydown = (event) => {
    if (event.key !== " " && event.key !== "Enter") return
    event.preventDefault()
    mark(root, picture.id, event.shiftKey)
  }
  check.onmousedown = (event) => event.shiftKey && event.preventDefault() // else Shift selects the page's text
  button.onmousedown = check.onmousedown
  const whole = element("div", "card", button, check)
  whole.dataset.id = picture.id
  return whole
}

// Choose a picture or not. With `range`, all from the one that was marked last to this get the same mark.
function mark(root, id, range) {
  const { marks } = root
  const on = range && marks.anchor !== undefined ? marks.chosen.has(marks.anchor) : !marks.chosen.has(id)
  const to = root.ids.indexOf(id)
  const from = range && root.ids.includes(marks.anchor) ? root.ids.indexOf(marks.anchor) : to
  for (const each of root.ids.slice(Math.min(from, to), Math.max(from, to) + 1)) on ? marks.chosen.add(each) : marks.chosen.delete(each)
  marks.anchor = id
  marks.number += 1
  showMarks(root)
  // all marks of this page, so that a later message makes up for one that was lost
  root.send.marked({ number: marks.number, shown: root.ids, chosen: root.ids.filter((each) => marks.chosen.has(each)) })
}

function showMarks(root) {
  for (const whole of root.querySelectorAll(".card")) {
    const on = root.marks.chosen.has(whole.dataset.id)
    whole.classList.toggle("chosen", on)
    whole.lastChild.setAttribute("aria-checked", on)
  }
}

// The server's marks, unless this browser has marked more since.
function takeMarks(root, marks) {
  if (!marks) root.marks = undefined
  else if (!root.marks || marks.number >= root.marks.number)
    root.marks = { number: marks.number, chosen: new Set(marks.chosen), anchor: root.marks?.anchor }
}

function draw(root, groups) {
  requestAnimationFrame(() => {
    const chosen = root.querySelector(".row [aria-current]")
    const line = chosen?.closest(".grid")
    if (line) line.scrollLeft = chosen.offsetLeft - line.offsetLeft - (line.clientWidth - chosen.clientWidth) / 2
  })
  root.ids = groups.flatMap((group) => group.pictures.filter((picture) => !picture.fixed).map((picture) => picture.id))
  root.replaceChildren(
    ...groups.map((group) => {
      const grid = element("div", "grid", ...group.pictures.map((picture) => card(root, picture)))
      const few = groups.length > 1 && group.pictures.length <= FEW
      const section = element("section", group.row ? "row" : few ? "few" : "", grid)
      if (group.heading) section.prepend(element("h4", "", group.heading))
      return section
    }),
  )
}

export default function ({ data, parentElement, setTriggerValue, setStateValue }) {
  const root = parentElement.querySelector(".pictures")
  root.send = { clicked: (id) => setTriggerValue("clicked", id), marked: (marks) => setStateValue("marked", marks) }
  takeMarks(root, data.marks)
  const shown = JSON.stringify([data.groups, Boolean(data.marks)])
  if (root.shown !== shown) { // else it is already drawn, and redrawing would flicker
    root.shown = shown
    draw(root, data.groups)
  }
  if (root.marks) showMarks(root)
}
